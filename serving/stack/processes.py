"""Child processes that end with the stack."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

# From Linux's sys/prctl.h.
_PR_SET_PDEATHSIG = 1


class StackError(Exception):
    """The stack cannot start or continue; the message says why and what to do."""


class Child:
    """A process of the stack, in its own process group, so that Ctrl-C does not reach it directly.

    On Linux it gets SIGTERM when this process dies for any reason, if the main thread created it. The kernel
    sends the signal when the creating thread ends, so children of other threads do not get it.
    """

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name = name
        try:
            self._process = subprocess.Popen(
                command, env=dict(environ), start_new_session=True, preexec_fn=_dies_with(os.getpid())
            )
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
        """Send SIGTERM, wait ``grace`` seconds, then end the whole group with SIGKILL."""
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _dies_with(parent: int) -> Callable[[], None] | None:
    """What a new process runs first so that it ends with its parent; None if that is not possible."""
    if not sys.platform.startswith("linux") or threading.current_thread() is not threading.main_thread():
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the call
            os._exit(1)

    return ask


def free_port() -> int:
    """A port of the loopback address that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
