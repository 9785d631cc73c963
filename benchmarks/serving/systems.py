"""The systems: how each is started, how it is asked, and where it says its versions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmarks.serving import forms
from benchmarks.serving.forms import Form
from benchmarks.serving.peers import environments

Command = Callable[[Path, int], list[str]]
"""From the folder of the models and the port to the command line."""

CLIENTS = (1, 8, 32, 128)
GATEWAY = "gateway"
GATEWAY_TFS = "gateway-tfs"
BEFORE = "before"
EMBEDDED = "embedded"
LITSERVE = "litserve"
UNBATCHED = "litserve-unbatched"
FLOOR = "empty"
PEERS = (LITSERVE, "bentoml", "ray", "flask")
_PEERS_MODULE = "benchmarks.serving.peers"


@dataclass(frozen=True)
class System:
    """One system under load.

    Attributes:
        name: its key in options and results.
        title: its row in the table.
        command: see ``Command``.
        form: how it takes pictures.
        environment: environment variables on top of the caller's.
        peer: the environment of its packages; "" for this project's own.
        packages: whose versions are told.
        clients: the numbers of clients it is measured at; None for all.
        folder: where it is started.
    """

    name: str
    title: str
    command: Command
    form: Form
    environment: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    packages: tuple[str, ...] = ()
    clients: tuple[int, ...] | None = None
    folder: Path = environments.ROOT

    def versions(self) -> str:
        """Names and versions of what it is made of."""
        if self.peer:
            return environments.versions(self.peer, self.packages)
        return ", ".join(f"{package} {metadata.version(package)}" for package in self.packages)


def all_systems(tensorflow_serving: Path | None, before: Path | None = None) -> dict[str, System]:
    """Every system by name.

    Args:
        tensorflow_serving: the stock server, to be measured behind the gateway too, or None.
        before: another checkout of this project to compare with, or None.
    """
    ours = ("flask", "gunicorn", "grpcio", "tensorflow")
    systems = [
        System(GATEWAY, "this project", _stack("--in-workers"), forms.GATEWAY, packages=ours),
        System(EMBEDDED, "this project, `--embedded`", _stack("--embedded"), forms.GATEWAY),
        System(
            LITSERVE, "LitServe", _litserve(), forms.JSON_ONLY, peer="litserve",
            packages=("litserve", "uvicorn", "tensorflow"),
        ),
        System(
            "bentoml", "BentoML", _bentoml, forms.JSON_ONLY, {"BENTOML_DO_NOT_TRACK": "True"},
            peer="bentoml", packages=("bentoml", "tensorflow"),
        ),
        System(
            "ray", "Ray Serve", _ray, forms.RAW_OR_JSON, _RAY_ENVIRONMENT,
            peer="ray", packages=("ray", "tensorflow"),
        ),
        System(
            "flask", "Flask, `model.predict`", _gunicorn("flask_keras", 4), forms.RAW_OR_JSON,
            peer="flask", packages=("flask", "gunicorn", "keras", "tensorflow"),
        ),
        System(
            UNBATCHED, "LitServe, no batching", _litserve("--max-batch-size=1"), forms.JSON_ONLY,
            peer="litserve", packages=("litserve",), clients=(1,),
        ),
        System(
            FLOOR, "empty Flask route", _gunicorn("empty_route", 16), forms.UNCHECKED,
            peer="flask", packages=("flask", "gunicorn"), clients=CLIENTS,
        ),
    ]  # fmt: skip
    if tensorflow_serving:
        stack = _stack(f"--model-server-binary={tensorflow_serving}")
        title = "this project, TensorFlow Serving"
        systems.insert(1, System(GATEWAY_TFS, title, stack, forms.GATEWAY, packages=ours[:3]))
    if before:
        earlier = System(
            BEFORE, "this project, before", _stack("--in-workers"), forms.GATEWAY, folder=before.resolve()
        )
        systems.insert(1, earlier)
    return {system.name: system for system in systems}


def environment(system: System, saved_model: Path) -> dict[str, str]:
    """The environment a system is started in; what would tune the gateway comes from the caller's."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "SAVED_MODEL": str(saved_model), "PYTHONUNBUFFERED": "1"}
    return {**quiet, **os.environ, **system.environment}


_RAY_ENVIRONMENT = {
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray makes its workers yield to everything else, the load generator among it, by default.
    "RAY_worker_niceness": "0",
}


def _stack(which: str) -> Command:
    return lambda models, port: [
        sys.executable, "-m", "serving", f"--models-dir={models}", f"--port={port}", which,
    ]  # fmt: skip


def _python(peer: str) -> str:
    return str(environments.ensure(peer) / "python")


def _litserve(*options: str) -> Command:
    module = f"{_PEERS_MODULE}.litserve_server"
    return lambda _, port: [_python("litserve"), "-m", module, f"--port={port}", *options]


def _bentoml(_: Path, port: int) -> list[str]:
    target = f"{_PEERS_MODULE}.bentoml_service:Classifier"
    return [
        _python("bentoml"), "-m", "bentoml", "serve", target, f"--port={port}", "--host=127.0.0.1", "-q",
        f"--working-dir={environments.ROOT}",
    ]  # fmt: skip


def _ray(_: Path, port: int) -> list[str]:
    return [_python("ray"), "-m", f"{_PEERS_MODULE}.ray_server", f"--port={port}"]


def _gunicorn(module: str, threads: int) -> Command:
    return lambda _, port: [
        _python("flask"), "-m", "gunicorn", "--workers=2", f"--threads={threads}", "--timeout=120",
        "--keep-alive=75", f"--bind=127.0.0.1:{port}", "--log-level=warning",
        f"{_PEERS_MODULE}.{module}:application()",
    ]  # fmt: skip
