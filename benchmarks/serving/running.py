"""A system as running processes: started, waited for, weighed, and stopped with all its descendants."""

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
    """A system did not start; the message has the end of what it said."""


@dataclass
class Running:
    """A started system.

    Attributes:
        system: which.
        url: ``http://127.0.0.1:PORT``.
        pid: of the process that was started.
        log: what it printed.
        models: the folder that it serves.
        start_seconds: from its start to its first right answer.
    """

    system: System
    url: str
    pid: int
    log: Path
    models: Path
    start_seconds: float = 0.0

    def cpu_seconds(self) -> float:
        """Processor seconds used so far by all its processes."""
        return sum(_each(machine.cpu_seconds, machine.family(self.pid)))

    def settle(self) -> None:
        """Wait until it has done with requests that their clients have given up, but not for ever."""
        end = time.monotonic() + SETTLE_SECONDS
        used = self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
            before, used = used, self.cpu_seconds()
            if used - before < _IDLE_CORES * _LOOK_SECONDS:
                return

    def memory(self) -> tuple[float, float]:
        """Resident MiB (shared pages in each process) and proportional MiB (shared pages once)."""
        pids = list(machine.family(self.pid))
        resident = sum(_each(machine.resident_mebibytes, pids))
        return resident, sum(_each(machine.proportional_mebibytes, pids))

    def said(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def model_server(self) -> str:
        """``HOST:PORT`` of the gateway's model server, as the stack announces it beside the models.

        Raises:
            SystemFailed: it has announced none.
        """
        port = urlsplit(self.url).port
        for announced in find(self.models):
            if urlsplit(announced.gateway).port == port:
                return announced.model_server
        raise SystemFailed(f"{self.system.title} does not name its model server")


@contextmanager
def running(system: System, saved_model: Path, models: Path, kind: str, body: Body) -> Iterator[Running]:
    """Start a system and stop it at the end.

    Args:
        system: which.
        saved_model: the version to serve.
        models: a folder with nothing but the model of that version.
        kind: the content type of ``body``.
        body: the request whose right answer says that it is ready.

    Raises:
        SystemFailed: it ended, or gave no right answer in time.
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
    """One request; status and answer.

    Raises:
        OSError: nothing listens there, or the connection broke.
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
    """The labels of an answer, found as ``drive.lua`` finds them."""
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
    """SIGTERM to the first process, then SIGKILL to whatever of its descendants is left."""
    family = list(machine.family(process.pid)) if process.poll() is None else []
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _each(figure: Callable[[int], float], pids: Iterable[int]) -> Iterator[float]:
    """The figure of each process that is still there."""
    for pid in pids:
        with suppress(OSError, IndexError):
            yield figure(pid)
