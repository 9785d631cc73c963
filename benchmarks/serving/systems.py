"""The systems to measure: their commands, formats and versions."""

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
"""Models folder and port -> command line."""

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
    """A system to measure.

    Attributes:
        name: its name in options and results.
        title: its title in the table.
        command: builds its command line.
        form: its request and response format.
        environment: environment variables besides the caller's.
        peer: name of its environment; empty for this project's own.
        packages: packages whose versions are shown.
        clients: numbers of clients to measure it with; None for all.
        folder: working directory.
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
        """Return names and versions of its packages."""
        if self.peer:
            return environments.versions(self.peer, self.packages)
        return ", ".join(f"{package} {metadata.version(package)}" for package in self.packages)


def all_systems(tensorflow_serving: Path | None, before: Path | None = None) -> dict[str, System]:
    """Return all systems by name.

    Args:
        tensorflow_serving: TensorFlow Serving's binary, to measure it behind the gateway too, or None.
        before: another checkout of this project to compare with, or None.
    """
    systems = [*_ours(tensorflow_serving, before), *_peers()]
    return {system.name: system for system in systems}


def _ours(tensorflow_serving: Path | None, before: Path | None) -> list[System]:
    packages = ("flask", "gunicorn", "grpcio", "tensorflow")
    systems = [System(GATEWAY, "this project", _stack("--in-workers"), forms.GATEWAY, packages=packages)]
    if before:
        title, folder = "this project, before", before.resolve()
        systems.append(System(BEFORE, title, _stack("--in-workers"), forms.GATEWAY, folder=folder))
    if tensorflow_serving:
        stack = _stack(f"--model-server-binary={tensorflow_serving}")
        title = "this project, TensorFlow Serving"
        systems.append(System(GATEWAY_TFS, title, stack, forms.GATEWAY, packages=packages[:3]))
    return [*systems, System(EMBEDDED, "this project, `--embedded`", _stack("--embedded"), forms.GATEWAY)]


def _peers() -> list[System]:
    return [
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


def environment(system: System, saved_model: Path) -> dict[str, str]:
    """Return the environment variables of a system; the caller's may tune the gateway."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "SAVED_MODEL": str(saved_model), "PYTHONUNBUFFERED": "1"}
    return {**quiet, **os.environ, **system.environment}


_RAY_ENVIRONMENT = {
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # By default, Ray gives its workers a lower priority than everything else, including the load generator.
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
