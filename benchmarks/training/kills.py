"""Kill training jobs at random moments, restart them until they finish, and check the results.

    python -m benchmarks.training.kills --rounds 20 --seed 1

First, one job runs undisturbed. Then jobs like it are killed (SIGKILL) at moments drawn uniformly from its
duration, and restarted with the same folders. A job that finishes before its moment is followed by another.
In the end, each job must leave one version that answers its golden set, the same history as the undisturbed
job, nothing else in the models folder, and no temporary files in the run folder.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.arguments import described
from training.export import golden, replay

JOB = ("--dataset", "digits", "--model", "cnn-small", "--profile", "fast", "--epochs", "25")
_ALWAYS = ("--target-accuracy", "0", "--min-accuracy", "0.8", "--deterministic")
_PATIENCE = 300.0


@dataclass
class Job:
    """A training job in its own folders.

    Attributes:
        folder: the folder that contains models folder and run folder.
        arguments: arguments of the training command.
        kills: the stage that the job had reached at each kill so far.
    """

    folder: Path
    arguments: tuple[str, ...] = JOB
    kills: list[str] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        """Start or continue the job."""
        command = [sys.executable, "-m", "training", "train", *self.arguments, *_ALWAYS]
        command += ["--models-dir", str(self.folder / "models"), "--run-dir", str(self.folder / "run")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, killed_after: float | None = None) -> bool:
        """Run the job and, after ``killed_after`` seconds, kill it.

        Returns:
            Whether it finished before.

        Raises:
            RuntimeError: if it failed; the message has its output.
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
            raise RuntimeError(f"the job failed with {process.returncode} after {self.kills}: {err[-2000:]}")
        return True

    def stage(self) -> str:
        """Return the stage that the job has reached, by the files that it has written."""
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
        """Return the figures by epoch, without durations."""
        rows = json.loads((self.folder / "run" / "history.json").read_text())
        return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]

    def faults(self, like: list[dict[str, Any]]) -> list[str]:
        """List what is wrong with the job's results; ``like`` is the history of an undisturbed job."""
        models, run = self.folder / "models", self.folder / "run"
        found = sorted(path.relative_to(models).as_posix() for path in models.glob("*/*"))
        faults = [] if found == ["digits/1", "digits/versions.jsonl"] else [f"the models folder has {found}"]
        faults += [f"left behind: {path.name}" for path in run.iterdir() if path.name.startswith(".")]
        faults += [] if self.history() == like else ["the history differs from the undisturbed job's"]
        known = golden.read(models / "digits" / "1")
        (answers,) = replay.replay([models / "digits" / "1"], known.images)
        difference = known.difference(answers.probabilities)
        return faults + ([] if difference < golden.TOLERANCE else [f"golden set differs by {difference}"])


def main() -> int:
    """Kill jobs, check and print the results; returns exit status 1 if anything was wrong."""
    parser = described("benchmarks.training.kills", __doc__)
    parser.add_argument("--rounds", type=int, default=20, help="number of kills (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments (default: 1)")
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
    """Kill jobs ``rounds`` times; returns the jobs and everything that was wrong with their results."""
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
