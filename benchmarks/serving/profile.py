"""Profile the processor time of a request, by load.

    python -m benchmarks.serving.profile --models-dir models

Starts this project with the models in its workers, and reads its processor time under each load from /proc.
Then py-spy samples the workers' Python stacks under the same load, and each sample counts for the most
specific part of the work on its stack. The table shows each part's share of the samples, multiplied by the
processor time of a request. A thread counts only while it runs, so waiting is not included.

Requires wrk, py-spy, and the right to trace other processes (root, or CAP_SYS_PTRACE).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.serving import pictures, scenarios
from benchmarks.serving.running import Running, running
from benchmarks.serving.scenarios import LARGE, Scenario
from benchmarks.serving.systems import GATEWAY, all_systems
from benchmarks.serving.table import number
from benchmarks.serving.wrk import Load, drive

RATE = 200
"""Samples per second."""
PARTS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("model", ("serving/model_server/", "tensorflow/", "serving/local/")),
    ("counting, metrics", ("telemetry/", "prometheus_client/")),
    (
        "decoding",
        ("serving/images/decode.py", "serving/images/plain_png.py", "serving/images/jpeg.py", "PIL/"),
    ),
    ("preparing", ("serving/images/",)),
    ("reading JSON, forms and options", ("gateway/protocols/",)),
    ("writing the answer", ("_respond (",)),
    ("judging", ("inference/judgement.py",)),
    ("batches, versions, deadlines", ("gateway/inference/", "gateway/deadline.py", "gateway/threads.py")),
    ("Flask, Werkzeug, hooks, routes", ("flask/", "werkzeug/", "gateway/middleware/", "gateway/routes/")),
    ("HTTP and the event loop", ("gateway/server/", "uvicorn/", "uvloop/", "asyncio/")),
)
"""The parts of the work, and the strings that identify them in a stack; the most specific come first."""
OTHER = "anything else"
WAITING = ("_worker (concurrent/futures/", "_serve (grpc/", "wait (threading.py")
"""Innermost frames of idle threads, which py-spy sometimes considers running."""
_WORKER_MEBIBYTES = 200
"""The least resident memory of a worker, which has the models in memory."""


@dataclass(frozen=True)
class Profile:
    """The profile of a load.

    Attributes:
        microseconds: processor time of all processes per request.
        parts: number of samples by part.
    """

    microseconds: float
    parts: Mapping[str, int]

    def of(self, part: str) -> float:
        """Return the microseconds per request of a part."""
        return self.microseconds * self.parts.get(part, 0) / max(1, sum(self.parts.values()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile all loads and print the table; returns the exit status."""
    options = _parser().parse_args(arguments)
    tool = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if tool is None:
        print("py-spy is not installed; run: pip install py-spy", file=sys.stderr)
        return 1
    saved_model = pictures.newest(options.models_dir / "mnist")
    sent = pictures.make(saved_model, options.data_dir)
    system = all_systems(None)[GATEWAY]
    loads = [each for each in scenarios.scenarios(sent, None) if each.name != LARGE]
    profiles = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mnist").symlink_to(saved_model.parent.resolve())
        kind, body = system.form.one(sent.small[0])
        with running(system, saved_model.resolve(), Path(folder), kind, body) as target:
            scenarios.check(target, sent)
            for load in loads:
                profiles[load.name] = _profile(target, load, options.seconds, tool)
    print(f"{machine.describe('tensorflow', 'pillow')}\n")
    print(as_table(profiles))
    return 0


def part_of(stack: str) -> str:
    """Return the part of the work that a stack belongs to; its frames are separated by semicolons."""
    for part, names in PARTS:
        if any(name in stack for name in names):
            return part
    return OTHER


def count(lines: Iterable[str]) -> Counter[str]:
    """Count the samples of running threads by part, from py-spy's lines: a stack and its count."""
    parts: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rpartition(" ")
        innermost = stack.rpartition(";")[2]
        if innermost and not innermost.startswith(WAITING):
            parts[part_of(stack)] += int(times)
    return parts


def as_table(profiles: Mapping[str, Profile]) -> str:
    """Build the table of microseconds per request, by part and load."""
    head = ["us of processor time per request", *(_title(name) for name in profiles)]
    rows = [[part, *(number(each.of(part)) for each in profiles.values())] for part in (*dict(PARTS), OTHER)]
    total = ["together", *(number(each.microseconds) for each in profiles.values())]
    return table(head, [*rows, total])


def _title(name: str) -> str:
    return f"{name} client{'s' * (name != '1')}" if name.isdigit() else f"{name} per request"


def _profile(target: Running, scenario: Scenario, seconds: float, tool: str) -> Profile:
    kind, bodies = scenario.bodies(target.system.form)
    load = Load(target.system.form, kind, bodies, scenario.clients, seconds)
    target.settle()
    before = target.cpu_seconds()
    answered = drive(target.url, load).answered
    used = target.cpu_seconds() - before
    with tempfile.TemporaryDirectory() as folder:
        watching = [
            (Path(folder) / f"{pid}.txt", _watch(tool, pid, Path(folder) / f"{pid}.txt", seconds))
            for pid in _workers(target)
        ]
        drive(target.url, load)
        parts: Counter[str] = Counter()
        for file, process in watching:
            process.wait()
            parts.update(count(file.read_text().splitlines()))
    return Profile(used / max(1, answered) * 1e6, parts)


def _workers(target: Running) -> list[int]:
    """Return the gateway's workers: the processes without children that have the models in memory."""
    childless = [pid for pid in machine.family(target.pid) if len(list(machine.family(pid))) == 1]
    return [pid for pid in childless if machine.resident_mebibytes(pid) > _WORKER_MEBIBYTES]


def _watch(tool: str, pid: int, file: Path, seconds: float) -> subprocess.Popen[bytes]:
    options = [f"--pid={pid}", "--format=raw", f"--rate={RATE}", f"--duration={max(1, round(seconds) - 1)}"]
    # Stopping the process for each sample would distort the measurement.
    command = [tool, "record", *options, "--nonblocking", f"--output={file}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.serving.profile", __doc__)
    add = parser.add_argument
    add("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    add("--data-dir", type=Path, help="folder to search for MNIST first")
    add("--seconds", type=float, default=4, help="per load, twice (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
