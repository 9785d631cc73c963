"""The model server and the gateway of this project, started as processes."""

from __future__ import annotations

import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.processes import Child, free_port
from serving.store import configuration

_GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class ModelServer:
    """A running model server.

    Attributes:
        models_dir: the folder of its models.
        names: names of its models.
        grpc: port of its gRPC interface.
        rest: port of its REST interface.
        pid: process id.
    """

    models_dir: Path
    names: list[str]
    grpc: int
    rest: int
    pid: int


@contextmanager
def model_server(models_dir: Path) -> Iterator[ModelServer]:
    """Start the embedded model server with all models of a folder, and stop it after the block."""
    grpc, rest = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "models.config"
        configuration.write(configuration.read(config, models_dir.resolve()), config)
        command = commands.model_server_command(None, config=config, grpc_port=grpc, rest_port=rest)
        server = Child("model server", command, os.environ)
        try:
            yield ModelServer(models_dir, servables.model_names(models_dir), grpc, rest, server.pid)
        finally:
            server.stop(grace=_GRACE_SECONDS)


@contextmanager
def gateway(server: ModelServer, environ: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Start a gateway in front of a model server, and stop it after the block.

    Args:
        server: the model server.
        environ: environment variables besides the usual ones.

    Yields:
        The gateway's URL and its process id.
    """
    port, address = free_port(), f"127.0.0.1:{server.grpc}"
    options = StackOptions(server.models_dir, "127.0.0.1", port, address, None, False, 60.0)
    usual = commands.gateway_environment(
        os.environ, options, model_server=address, names=server.names, notice=""
    )
    process = Child("gateway", commands.gateway_command(), {**usual, **(environ or {})})
    try:
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.stop(grace=_GRACE_SECONDS)


def wait_for(url: str, seconds: float = 60.0) -> None:
    """Wait for the first answer of 200.

    Raises:
        TimeoutError: if there is none within ``seconds``.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise TimeoutError(f"{url} did not answer 200 within {seconds:g} s")
