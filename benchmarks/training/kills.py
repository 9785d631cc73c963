"""A training job killed at random moments and started again, until it is done.

    python -m benchmarks.training.kills --rounds 20 --seed 1

First a job runs to its end undisturbed. Then jobs like it are killed (SIGKILL) at moments drawn evenly from
that time and started again with the same folders; one that ends before its moment is followed by another.
Whatever was done to a job, in the end there must be one version that answers its golden set, the very history
of the undisturbed job, and nothing else in the models folder or half-written in the run's.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.export import golden, replay

JOB = ("--dataset", "digits", "--model", "cnn-small", "--profile", "fast", "--epochs", "25")
_ALWAYS = ("--target-accuracy", "0", "--min-accuracy", "0.8", "--deterministic")
_PATIENCE = 300.0


@dataclass
class Job:
    """One training job in folders of its own.

    Attributes:
        folder: both folders are in it.
        arguments: of the training command.
        kills: how often it was killed so far, and what it had left by then.
    """

    folder: Path
    arguments: tuple[str, ...] = JOB
    kills: list[str] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        """The command, started or continued."""
        command = [sys.executable, "-m", "training", "train", *self.arguments, *_ALWAYS]
        command += ["--models-dir", str(self.folder / "models"), "--run-dir", str(self.folder / "run")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, killed_after: float | None = None) -> bool:
        """Run it; whether it finished before it was killed.

        Raises:
            RuntimeError: with what it said, when it ended with an error.
        """
        process = self.start()
        try:
            _, err = process.communicate(timeout=_PATIENCE if killed_after is None else killed_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.kills.append(self.stage())
            return False
        if process.returncode != 0:
            raise RuntimeError(f"the job ended with {process.returncode} after {self.kills}: {err[-2000:]}")
        return True

    def stage(self) -> str:
        """How far it has come, told by what lies there."""
        run, models = self.folder / "run", self.folder / "models" / "digits"
        if (run / "outcome.json").exists():
            return "ended"
        if (models / "1").exists():
            return "published"
        if models.exists() and any(models.iterdir()):
            return "exporting"
        if (run / "metrics.json").exists():
            return "reporting"
        return "training" if (run / "checkpoint.npz").exists() else "starting"

    def history(self) -> list[dict[str, Any]]:
        """The figures by epoch, without the times."""
        rows = json.loads((self.folder / "run" / "history.json").read_text())
        return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]

    def faults(self, like: list[dict[str, Any]]) -> list[str]:
        """What is wrong with what it left, beside the history that an undisturbed job has."""
        models, run = self.folder / "models", self.folder / "run"
        found = sorted(path.relative_to(models).as_posix() for path in models.glob("*/*"))
        faults = (
            [] if found == ["digits/1", "digits/versions.jsonl"] else [f"the models folder holds {found}"]
        )
        faults += [f"left behind: {path.name}" for path in run.iterdir() if path.name.startswith(".")]
        faults += [] if self.history() == like else ["another history than the undisturbed job's"]
        known = golden.read(models / "digits" / "1")
        (answers,) = replay.replay([models / "digits" / "1"], known.images)
        difference = known.difference(answers.probabilities)
        return faults + ([] if difference < golden.TOLERANCE else [f"golden set differs by {difference}"])


def main() -> int:
    """Kill, check, print; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="kills in all (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        jobs, faults = kill(Path(scratch), given.rounds, random.Random(given.seed))
    stages = [stage for job in jobs for stage in job.kills]
    counts = ", ".join(f"{stages.count(stage)} {stage}" for stage in dict.fromkeys(stages))
    print(f"{len(stages)} kills ({counts}) over {len(jobs)} jobs; {len(faults)} faults")
    for fault in faults:
        print(f"fault: {fault}")
    return 1 if faults else 0


def kill(folder: Path, rounds: int, moments: random.Random) -> tuple[list[Job], list[str]]:
    """Kill jobs so often; the jobs, and all that was wrong with what they left."""
    undisturbed = Job(folder / "undisturbed")
    began = time.monotonic()
    undisturbed.run()
    longest = time.monotonic() - began
    history = undisturbed.history()
    faults = [f"undisturbed: {fault}" for fault in undisturbed.faults(history)]
    print(f"undisturbed: {longest:.1f} s", flush=True)
    jobs: list[Job] = []
    left = rounds
    while left:
        job = Job(folder / f"job-{len(jobs) + 1}")
        while left and not job.run(killed_after=moments.uniform(0.0, longest)):
            left -= 1
        job.run()
        jobs.append(job)
        wrong = job.faults(history)
        faults += [f"{job.folder.name} after {job.kills}: {fault}" for fault in wrong]
        print(f"{job.folder.name}: killed {job.kills or 'never'}, {wrong or 'good'}", flush=True)
    return jobs, faults


if __name__ == "__main__":
    raise SystemExit(main())
