"""Child processes that live and die with the stack."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence


class StackError(Exception):
    """The stack cannot start or go on; the message says why and what to do."""


class Child:
    """A process of the stack in a process group of its own, so that Ctrl-C reaches it only through us."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name = name
        try:
            self._process = subprocess.Popen(command, env=dict(environ), start_new_session=True)
        except OSError as error:
            raise StackError(f"the {name} could not be started: {error}") from error

    @property
    def pid(self) -> int:
        """The process id, which is the process group's too."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._process.poll()

    def stop(self, grace: float) -> None:
        """Ask with SIGTERM, wait ``grace`` seconds, then end the whole group with SIGKILL."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def free_port() -> int:
    """A port of the loopback address that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(host: str, port: int) -> None:
    """Raise ``StackError`` when something listens on the port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise StackError(f"cannot listen on {host}:{port} ({reason}); choose another --port") from error
