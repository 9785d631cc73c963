"""The command lines and environments of the two servers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from serving.direct import without_grpc_proxy
from serving.stack.options import StackOptions

TENSORFLOW_SERVING = "tensorflow_model_server"
WORKERS = 2
"""The gateway's workers, unless ``GATEWAY_WORKERS`` is set."""
MOST_WORKERS = 4
"""Up to this number of workers, each loads the models itself by default."""
MODEL_CONFIG_FILE = "MODEL_CONFIG_FILE"
"""The variable with the file of models, for workers that load them themselves (``serving.local``)."""
CONFIG_POLL_SECONDS = 2
# Enables the metrics on the REST port, as in a cluster.
MONITORING_CONFIG = Path(__file__).resolve().parents[1] / "tensorflow_serving" / "monitoring.config"


def model_server_binary(options: StackOptions) -> Path | None:
    """The TensorFlow Serving to start: the given one or one on PATH; None for the embedded server."""
    if options.embedded:
        return None
    if options.binary:
        return options.binary
    found = shutil.which(TENSORFLOW_SERVING)
    return Path(found) if found else None


def model_server_command(binary: Path | None, *, config: Path, grpc_port: int, rest_port: int) -> list[str]:
    """The model server's command; both kinds take the same flags.

    Args:
        binary: TensorFlow Serving, or None for the embedded server.
        config: the file of models, which the server re-reads while it runs.
        grpc_port: port for gRPC.
        rest_port: port for REST.
    """
    start = [str(binary)] if binary else [sys.executable, "-m", "serving.model_server"]
    # Anyone who reaches the port can have any folder loaded, and a model is code. TensorFlow Serving has no
    # such flag and listens on all addresses.
    loopback = [] if binary else ["--listen_address=127.0.0.1"]
    return [
        *start,
        *loopback,
        f"--port={grpc_port}",
        f"--rest_api_port={rest_port}",
        f"--model_config_file={config}",
        f"--monitoring_config_file={MONITORING_CONFIG}",
        f"--model_config_file_poll_wait_seconds={CONFIG_POLL_SECONDS}",
        "--file_system_poll_wait_seconds=1",
        # A label may be set to a version that is still loading.
        "--allow_version_labels_for_unavailable_models=true",
        # A version that does not load is retried after a minute. One retry suffices for a file that is still
        # being copied; more would only delay the next version.
        "--max_num_load_retries=1",
    ]


def model_server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, with TensorFlow's start-up messages off unless it sets a level."""
    return {"TF_CPP_MIN_LOG_LEVEL": "2", **environ}


def in_workers(options: StackOptions, environ: Mapping[str, str]) -> bool:
    """Whether the gateway's workers load the models themselves.

    They do so by default if no TensorFlow Serving is installed, and the workers are few enough for each to
    have the models in memory.
    """
    if options.in_workers:
        return True
    if options.model_server or model_server_binary(options) or options.embedded:
        return False
    return environ.get("GATEWAY_WORKERS", str(WORKERS)).strip() in map(str, range(1, MOST_WORKERS + 1))


def gateway_command(*, in_workers: bool = False) -> list[str]:
    """The gateway under gunicorn, configured by its environment alone.

    Args:
        in_workers: whether its workers load the models themselves.
    """
    package = "serving.local" if in_workers else "serving.gateway"
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--config=python:serving.gateway.gunicorn_conf",
        f"{package}.app:application()",
    ]


def gateway_environment(
    environ: Mapping[str, str],
    options: StackOptions,
    *,
    model_server: str | None,
    names: list[str],
    models_file: Path | None = None,
    notice: str,
) -> dict[str, str]:
    """The caller's environment with the stack's settings; the caller's GATEWAY_* override the defaults."""
    chosen = {
        "GATEWAY_HOST": options.host,
        "GATEWAY_PORT": str(options.port),
        **({"GATEWAY_MODEL_SERVER": model_server} if model_server else {}),
        **without_grpc_proxy(environ, model_server or ""),
        **({"GATEWAY_MODELS_FILE": str(models_file)} if models_file else {}),
    }
    # A person reads this terminal, so requests, which are logged at level info, appear only if asked for.
    asked = environ.get("GATEWAY_ACCESS_LOG", "").strip().lower() in ("true", "1", "yes", "on")
    defaults = {
        "GATEWAY_MODELS": ",".join(names),
        # There is no load balancer that would first have to see readiness fail.
        "GATEWAY_DRAIN_SECONDS": "0",
        "GATEWAY_ACCESS_LOG": "false",
        "GATEWAY_LOG_LEVEL": "info" if asked else "warning",
    }
    if notice:
        defaults["GATEWAY_NOTICE"] = notice
    return {**defaults, **environ, **chosen}
