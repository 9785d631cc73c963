"""Load from wrk, with one thread per connection and the script ``drive.lua``."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.forms import Body, Form

SCRIPT = Path(__file__).with_name("drive.lua")
STEPS_PER_FACTOR_E = 100
TIMEOUT_SECONDS = 30


class WrkError(Exception):
    """wrk is missing or failed; the message tells what to do."""


@dataclass(frozen=True)
class Load:
    """A load to send.

    Attributes:
        form: the request and response format of the system.
        kind: content type of all bodies.
        bodies: the bodies, sent in turn.
        clients: number of connections, each with one request at a time.
        seconds: duration.
        per_second: requests per second that all clients together send; None for as many as are answered.
    """

    form: Form
    kind: str
    bodies: Sequence[Body]
    clients: int
    seconds: float
    per_second: float | None = None


@dataclass(frozen=True)
class Drive:
    """The results of wrk.

    Attributes:
        seconds: duration.
        answered: number of answers with status 200.
        wrong: number of those whose labels were not the expected ones.
        failed: number of broken connections and timeouts.
        statuses: number of other answers by status.
        times: histogram of the latencies of answers with 200: their number by step, which stands for
            ``exp(step / 100)`` microseconds.
        refusals: the same histogram for the other answers.
        client_cpu: processor seconds of wrk itself.
    """

    seconds: float
    answered: int
    wrong: int
    failed: int
    statuses: Mapping[int, int]
    times: Mapping[int, int]
    refusals: Mapping[int, int]
    client_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered per second."""
        return self.answered / self.seconds


def drive(url: str, load: Load) -> Drive:
    """Send a load to ``http://HOST:PORT``.

    Raises:
        WrkError: if wrk is missing, fails or prints no result.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), load.bodies)
        seconds = max(1, round(load.seconds))
        command = [
            _program(), f"-t{load.clients}", f"-c{load.clients}", f"-d{seconds}s",
            f"--timeout={TIMEOUT_SECONDS}s", "-s", str(SCRIPT), "-H", f"Content-Type: {load.kind}",
            url + load.form.path,
        ]  # fmt: skip
        before = os.times()
        done = subprocess.run(command, env=_environment(folder, load), capture_output=True, text=True)
        after = os.times()
    if done.returncode != 0:
        raise WrkError(f"wrk ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return parse(done.stdout, client_cpu=cpu)


def parse(output: str, client_cpu: float = 0.0) -> Drive:
    """Parse the line that ``drive.lua`` prints at the end.

    Raises:
        WrkError: if there is none.
    """
    found = re.search(r"^RESULT (\{.*\})$", output, re.MULTILINE)
    if found is None:
        raise WrkError(f"wrk printed no result:\n{output}")
    told = json.loads(found[1])
    return Drive(
        seconds=told["seconds"],
        answered=told["answered"],
        wrong=told["wrong"],
        failed=told["socket_errors"] + told["timeouts"],
        statuses=_by_number(told["statuses"]),
        times=_by_number(told["times"]),
        refusals=_by_number(told["refusals"]),
        client_cpu=client_cpu,
    )


def percentile(times: Mapping[int, int], share: float) -> float:
    """Return the milliseconds within which ``share`` of the requests were answered; NaN without requests."""
    left = share * sum(times.values())
    for step, count in sorted(times.items()):
        left -= count
        if left <= 0:
            return math.exp((step + 0.5) / STEPS_PER_FACTOR_E) / 1000
    return math.nan


def _by_number(counts: Mapping[str, int]) -> dict[int, int]:
    return {int(key): value for key, value in counts.items()}


def _write(folder: Path, bodies: Sequence[Body]) -> None:
    for number, body in enumerate(bodies):
        (folder / f"{number}.body").write_bytes(body.data)
    (folder / "expected.txt").write_text("".join(",".join(body.labels) + "\n" for body in bodies))


def _environment(folder: str, load: Load) -> dict[str, str]:
    told = {
        "DRIVE_FOLDER": folder,
        "DRIVE_PATTERN": load.form.pattern,
        "DRIVE_CHECKED": "1" if load.form.checked else "0",
    }
    if load.per_second:
        told["DRIVE_PACE"] = str(load.clients / load.per_second * 1000)
    return {**os.environ, **told}


def _program() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise WrkError("wrk is not on PATH; run: apt-get install wrk, or: brew install wrk")
    return found
