"""A whole stack for tests: a real model server process and a real gunicorn, on free ports."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from serving.stack import commands, servables
from serving.stack.options import StackOptions
from serving.stack.processes import Child, free_port


@dataclass
class Stack:
    """Addresses of a running stack, and the means to kill and start its parts.

    Attributes:
        models_dir: the folder being served.
        folder: a folder for the stack's own files.
        environ: what is added to the gateway's environment.
        model_server_flags: what is added to the model server's command.
    """

    models_dir: Path
    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    model_server_flags: tuple[str, ...] = ()
    gateway_port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    rest_port: int = field(default_factory=free_port)
    gateway: Child | None = None
    model_server: Child | None = None

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def grpc_address(self) -> str:
        """``HOST:PORT`` of the model server's gRPC."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def rest_address(self) -> str:
        """``HOST:PORT`` of the model server's REST."""
        return f"127.0.0.1:{self.rest_port}"

    def start_model_server(self) -> None:
        """Start the embedded model server on this stack's ports."""
        config = servables.models_config(self.folder, self.models_dir)
        command = commands.model_server_command(
            None, config=config, grpc_port=self.grpc_port, rest_port=self.rest_port
        )
        environ = commands.model_server_environment(os.environ)
        self.model_server = Child("model server", [*command, *self.model_server_flags], environ)

    def start_gateway(self) -> None:
        """Start the gateway under gunicorn on this stack's port."""
        options = StackOptions(
            models_dir=self.models_dir,
            host="127.0.0.1",
            port=self.gateway_port,
            model_server=self.grpc_address,
            binary=None,
            embedded=True,
            ready_timeout=60.0,
        )
        environ = commands.gateway_environment(
            {**os.environ, **self.environ},
            options,
            model_server=self.grpc_address,
            names=servables.model_names(self.models_dir),
            notice="",
        )
        self.gateway = Child("gateway", commands.gateway_command(), environ)

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Return once ``/readyz`` answers 200; fail the test when it does not in time."""
        end = time.monotonic() + seconds
        while not self.is_ready():
            for child in (self.gateway, self.model_server):
                assert child is None or child.exit_status() is None, f"the {child.name} ended"
            assert time.monotonic() < end, f"not ready after {seconds} s"
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Whether ``/readyz`` answers 200 now."""
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """Stop both, the gateway first."""
        for child in (self.gateway, self.model_server):
            if child is not None:
                child.stop(grace=20.0)


@contextmanager
def running_stack(
    models_dir: Path,
    folder: Path,
    *,
    environ: Mapping[str, str] | None = None,
    model_server_flags: tuple[str, ...] = (),
) -> Iterator[Stack]:
    """A stack that is ready, stopped at the end; ``environ`` sets further GATEWAY_* variables."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = Stack(models_dir, folder, dict(environ or {}), model_server_flags)
    try:
        stack.start_model_server()
        stack.start_gateway()
        stack.wait_until_ready()
        yield stack
    finally:
        stack.stop()
