"""The measurements of the client: a folder with the command, the same batches with wrk, the first byte."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep
from typing import NamedTuple

from client.requests import Options, body_for
from client.sources import load

POLL_SECONDS = 0.01
COMMAND = [sys.executable, "-m", "client", "classify"]


class Cost(NamedTuple):
    """The cost of a run: images answered, wall seconds, processor seconds, peak memory in MiB."""

    images: int
    seconds: float
    cpu_seconds: float
    peak_mebibytes: float

    @property
    def rate(self) -> float:
        """Images per second, including start-up."""
        return self.images / self.seconds


class Asked(NamedTuple):
    """The settings of both programs: URL of the gateway, model, pictures per request, concurrent requests."""

    url: str
    model: str
    batch_size: int
    concurrency: int


def run_command(asked: Asked, folder: Path) -> Cost:
    """Classify a folder with the command, and count the answers that it writes to a file.

    Raises:
        RuntimeError: if its exit status is not 0.
    """
    sizes = ["--batch-size", str(asked.batch_size), "--concurrency", str(asked.concurrency)]
    command = [*COMMAND, str(folder), "--url", asked.url, "--model", asked.model, "--output", "jsonl", *sizes]
    answers = folder.with_suffix(".jsonl")
    with answers.open("wb") as output:
        status, cost = _timed(command, output.fileno(), dict(os.environ))
    if status != 0:
        raise RuntimeError(f"the client exited with {status}")
    with answers.open("rb") as lines:
        return cost._replace(images=sum(1 for _ in lines))


def run_wrk(asked: Asked, folder: Path, seconds: int, wrk: str) -> Cost:
    """Send the same batches with wrk, which is written in C and reads no files.

    Raises:
        RuntimeError: if an answer was an error.
    """
    paths = islice(sorted(folder.iterdir()), asked.batch_size)
    body = body_for([load(path) for path in paths])
    batch = folder.with_suffix(".batch")
    batch.write_bytes(b"".join(body.blocks()))
    request = Options(model=asked.model).request("classify", body)
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    script = str(Path(__file__).with_name("batch.lua"))
    command = [wrk, "-t1", f"-c{asked.concurrency}", f"-d{seconds}s", "-s", script]
    environ = {**os.environ, "BATCH_FILE": str(batch), "BATCH_TYPE": body.content_type}
    report = folder.with_suffix(".wrk")
    with report.open("wb") as output:
        _, cost = _timed([*command, f"{asked.url}{request.path}?{query}"], output.fileno(), environ)
    told = report.read_text()
    answered = re.search(r"(\d+) requests in", told)
    if answered is None or "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"wrk reported errors:\n{told}")
    return cost._replace(images=int(answered[1]) * asked.batch_size)


def first_byte_seconds(picture: Path) -> float:
    """Measure the seconds from starting the command until its first byte reaches a server."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        begin = perf_counter()
        process = subprocess.Popen([*COMMAND, str(picture), "--url", url], stderr=subprocess.DEVNULL)
        connection, _ = server.accept()
        with connection:
            connection.recv(1)
            took = perf_counter() - begin
        process.kill()
        process.wait()
    return took


def bare_python_seconds() -> float:
    """Measure the seconds to start and end the interpreter alone, to judge the state of the machine."""
    begin = perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return perf_counter() - begin


def _timed(command: Sequence[str], output: int, environ: dict[str, str]) -> tuple[int, Cost]:
    begin = perf_counter()
    process = subprocess.Popen(command, stdout=output, env=environ)
    peak = 0.0
    while True:
        peak = max(peak, _peak_mebibytes(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        sleep(POLL_SECONDS)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, Cost(0, perf_counter() - begin, usage.ru_utime + usage.ru_stime, peak)


def _peak_mebibytes(pid: int) -> float:
    """Return the peak resident memory so far; ``ru_maxrss`` would include this process, before the exec."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
