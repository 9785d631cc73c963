"""The command lines and environments of the two servers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from serving.stack.options import StackOptions

TENSORFLOW_SERVING = "tensorflow_model_server"
WORKERS = 2
"""Of the gateway, where ``GATEWAY_WORKERS`` does not say."""
MOST_WORKERS = 4
"""Workers up to which each has the models in its own memory by default."""
MODEL_CONFIG_FILE = "MODEL_CONFIG_FILE"
"""Names the file of models to workers that load them themselves (``serving.local``)."""
CONFIG_POLL_SECONDS = 2
# Switches the metrics on the REST port on, as in a cluster.
MONITORING_CONFIG = Path(__file__).resolve().parents[1] / "tensorflow_serving" / "monitoring.config"


def model_server_binary(options: StackOptions) -> Path | None:
    """The TensorFlow Serving to start: the one named, else one on PATH, else None for the embedded server."""
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
        config: the file of models, which the server reads again and again.
        grpc_port: of gRPC.
        rest_port: of REST.
    """
    start = [str(binary)] if binary else [sys.executable, "-m", "serving.model_server"]
    # Who reaches the port can have any folder loaded, and a model is code. The stock one listens everywhere.
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
        # A version that does not load is retried every minute; one retry gets over a file that is
        # still being copied, and more would only delay the next version.
        "--max_num_load_retries=1",
    ]


def model_server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, with TensorFlow's start-up chatter off unless it is asked for."""
    return {"TF_CPP_MIN_LOG_LEVEL": "2", **environ}


def in_workers(options: StackOptions, environ: Mapping[str, str]) -> bool:
    """Whether the gateway's workers load the models themselves.

    They do where nothing else is asked for, no TensorFlow Serving is at hand, and the workers are few enough
    for each to have the models in memory.
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
    """The caller's environment with what the stack decides; the caller's own GATEWAY_* win where they may."""
    chosen = {
        "GATEWAY_HOST": options.host,
        "GATEWAY_PORT": str(options.port),
        **({"GATEWAY_MODEL_SERVER": model_server} if model_server else {}),
        **({"GATEWAY_MODELS_FILE": str(models_file)} if models_file else {}),
    }
    # A person reads this terminal; who asks for the lines of requests gets them, which are of level info.
    asked = environ.get("GATEWAY_ACCESS_LOG", "").strip().lower() in ("true", "1", "yes", "on")
    defaults = {
        "GATEWAY_MODELS": ",".join(names),
        # No balancer must first see readiness fail here.
        "GATEWAY_DRAIN_SECONDS": "0",
        "GATEWAY_ACCESS_LOG": "false",
        "GATEWAY_LOG_LEVEL": "info" if asked else "warning",
    }
    if notice:
        defaults["GATEWAY_NOTICE"] = notice
    return {**defaults, **environ, **chosen}
