"""A running system: its processes are started, measured, and stopped with all their descendants."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import machine
from benchmarks.serving.forms import Body, Form
from benchmarks.serving.systems import System, environment
from serving.stack.processes import free_port
from serving.store.running import find

START_SECONDS = 180.0
STOP_SECONDS = 20.0
SETTLE_SECONDS = 15.0
_LOOK_SECONDS = 0.3
_IDLE_CORES = 0.2


class SystemFailed(Exception):
    """A system did not start or answered wrongly; the message has the end of its output."""


@dataclass
class Running:
    """A running system.

    Attributes:
        system: the system.
        url: ``http://127.0.0.1:PORT``.
        pid: id of its first process.
        log: file with its output.
        models: folder of the models that it serves.
        start_seconds: seconds from its start to its first right answer.
    """

    system: System
    url: str
    pid: int
    log: Path
    models: Path
    start_seconds: float = 0.0

    def cpu_seconds(self) -> float:
        """Return the processor seconds of all its processes so far."""
        return sum(_each(machine.cpu_seconds, machine.family(self.pid)))

    def settle(self) -> None:
        """Wait until it is idle, because it may still work on abandoned requests; at most 15 seconds."""
        end = time.monotonic() + SETTLE_SECONDS
        used = self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
            before, used = used, self.cpu_seconds()
            if used - before < _IDLE_CORES * _LOOK_SECONDS:
                return

    def memory(self) -> tuple[float, float]:
        """Return resident MiB (shared pages count in each process) and proportional MiB (they count once)."""
        pids = list(machine.family(self.pid))
        resident = sum(_each(machine.resident_mebibytes, pids))
        return resident, sum(_each(machine.proportional_mebibytes, pids))

    def said(self) -> str:
        """Return its output so far."""
        return self.log.read_text(errors="replace")

    def model_server(self) -> str:
        """Return ``HOST:PORT`` of the gateway's model server, which the stack announces in the models folder.

        Raises:
            SystemFailed: if it has announced none.
        """
        port = urlsplit(self.url).port
        for announced in find(self.models):
            if urlsplit(announced.gateway).port == port:
                return announced.model_server
        raise SystemFailed(f"{self.system.title} does not name its model server")


@contextmanager
def running(system: System, saved_model: Path, models: Path, kind: str, body: Body) -> Iterator[Running]:
    """Start a system, and stop it after the block.

    Args:
        system: the system.
        saved_model: the version to serve.
        models: a folder with only the model of that version.
        kind: content type of ``body``.
        body: a request; the system is ready when it answers it right.

    Raises:
        SystemFailed: if the system ends, or gives no right answer in time.
    """
    port = free_port()
    command = system.command(models, port)
    with tempfile.NamedTemporaryFile() as log:
        begin = time.monotonic()
        process = subprocess.Popen(
            command, cwd=system.folder, env=environment(system, saved_model), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        started = Running(system, f"http://127.0.0.1:{port}", process.pid, Path(log.name), models)
        try:
            _wait(started, process, kind, body)
            started.start_seconds = time.monotonic() - begin
            yield started
        finally:
            _stop(process)


def ask(url: str, form: Form, kind: str, data: bytes) -> tuple[int, str]:
    """Send one request; returns status and answer.

    Raises:
        OSError: if the connection fails.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("POST", form.path, data, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def labels_in(answer: str, form: Form) -> tuple[str, ...]:
    """Return the labels of an answer, by the pattern that ``drive.lua`` uses."""
    return tuple(re.findall(form.pattern.replace("%s", r"\s"), answer))


def _wait(started: Running, process: subprocess.Popen[bytes], kind: str, body: Body) -> None:
    form, last = started.system.form, "no answer"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            status, last = ask(started.url, form, kind, body.data)
            if status == 200 and (not form.checked or labels_in(last, form) == body.labels):
                return
        time.sleep(0.02)
    raise SystemFailed(f"{started.system.title} did not start: {last}\n{started.said()[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to the first process, then SIGKILL to all descendants that are left."""
    family = list(machine.family(process.pid)) if process.poll() is None else []
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _each(figure: Callable[[int], float], pids: Iterable[int]) -> Iterator[float]:
    """Yield the figure of each process that still exists."""
    for pid in pids:
        with suppress(OSError, IndexError):
            yield figure(pid)
