"""One measurement each: the command over a folder, wrk with the same batches, the time to the first byte."""

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
    """What a run took: images answered, seconds of wall time and of processor time, peak memory in MiB."""

    images: int
    seconds: float
    cpu_seconds: float
    peak_mebibytes: float

    @property
    def rate(self) -> float:
        """Images a second, start-up included."""
        return self.images / self.seconds


class Asked(NamedTuple):
    """The same for both: where, which model, pictures in a request, requests at once."""

    url: str
    model: str
    batch_size: int
    concurrency: int


def run_command(asked: Asked, folder: Path) -> Cost:
    """Classify a folder in one command; its answers go to a file and are counted.

    Raises:
        RuntimeError: it did not exit 0.
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
    """The same batches from wrk, which is written in C and reads no files.

    Raises:
        RuntimeError: some answers were errors.
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
        raise RuntimeError(f"wrk met errors:\n{told}")
    return cost._replace(images=int(answered[1]) * asked.batch_size)


def first_byte_seconds(picture: Path) -> float:
    """From starting the command to its first byte at a server."""
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
    """Starting and ending the interpreter alone: what the machine is like at this moment."""
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
    """Most resident memory so far. The kernel's ``ru_maxrss`` would include us, from before the exec."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
