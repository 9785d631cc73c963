"""Where the processor time of a request goes, by load.

    python -m benchmarks.serving.profile --models-dir models

Starts this project with the models in its workers. Under each load its processor time is read from /proc.
Then py-spy samples the workers' Python stacks under the same load, and each sample counts for the most
specific part of the work on its stack. A part's share of the samples times the time of a request is what the
table shows. A thread counts only while it runs, so that waiting is no part of it.

Needs wrk and py-spy, and the right to trace other processes (root, or CAP_SYS_PTRACE).
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
from benchmarks.serving import pictures, scenarios
from benchmarks.serving.running import Running, running
from benchmarks.serving.scenarios import LARGE, Scenario
from benchmarks.serving.systems import GATEWAY, all_systems
from benchmarks.serving.table import number, table
from benchmarks.serving.wrk import Load, drive

RATE = 200
"""Samples a second."""
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
"""Parts of the work and what names them in a stack, the most specific first."""
OTHER = "anything else"
WAITING = ("_worker (concurrent/futures/", "_serve (grpc/", "wait (threading.py")
"""Innermost frames of threads that have nothing to do; py-spy now and then takes them to run."""
_WORKER_MEBIBYTES = 200


@dataclass(frozen=True)
class Profile:
    """One load.

    Attributes:
        microseconds: of processor time in all processes for each request.
        parts: samples by part.
    """

    microseconds: float
    parts: Mapping[str, int]

    def of(self, part: str) -> float:
        """Microseconds of a request that a part takes."""
        return self.microseconds * self.parts.get(part, 0) / max(1, sum(self.parts.values()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile every load and print a table."""
    options = _parser().parse_args(arguments)
    tool = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if tool is None:
        print("py-spy is not installed; get it by: pip install py-spy", file=sys.stderr)
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
    """The part of the work that a stack belongs to, frames separated by semicolons."""
    for part, names in PARTS:
        if any(name in stack for name in names):
            return part
    return OTHER


def count(lines: Iterable[str]) -> Counter[str]:
    """Samples of threads at work by part, from py-spy's lines: a stack and how often it was seen."""
    parts: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rpartition(" ")
        innermost = stack.rpartition(";")[2]
        if innermost and not innermost.startswith(WAITING):
            parts[part_of(stack)] += int(times)
    return parts


def as_table(profiles: Mapping[str, Profile]) -> str:
    """Microseconds of a request by part and load."""
    head = ["us of processor time a request", *(_title(name) for name in profiles)]
    rows = [[part, *(number(each.of(part)) for each in profiles.values())] for part in (*dict(PARTS), OTHER)]
    total = ["together", *(number(each.microseconds) for each in profiles.values())]
    return table(head, [*rows, total])


def _title(name: str) -> str:
    return f"{name} client{'s' * (name != '1')}" if name.isdigit() else f"{name} a request"


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
    """The gateway's workers: the processes without children that have the models in memory."""
    family = list(machine.family(target.pid))
    return [
        pid for pid in family if len(list(machine.family(pid))) == 1 and machine.resident_mebibytes(pid) > 200
    ]


def _watch(tool: str, pid: int, file: Path, seconds: float) -> subprocess.Popen[bytes]:
    options = [f"--pid={pid}", "--format=raw", f"--rate={RATE}", f"--duration={max(1, round(seconds) - 1)}"]
    # To stop the process for each sample would change what is measured.
    command = [tool, "record", *options, "--nonblocking", f"--output={file}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving.profile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    add("--data-dir", type=Path, help="where MNIST is, when not in one of the usual places")
    add("--seconds", type=float, default=4, help="of each load, twice (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
