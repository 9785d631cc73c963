"""Measure the test accuracy over several seeds, with calibration error before and after scaling.

    python -m benchmarks.training.accuracy --dataset mnist --model cnn --profile full --seeds 0 1 2
    python -m benchmarks.training.accuracy --runs runs/a runs/b        # reads finished runs, trains nothing

Each training is a ``python -m training train`` in its own folder below ``--folder``. When it is started
again, finished runs are read and interrupted ones continue.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.training.statistics import mean_and_spread, percent, seconds


@dataclass(frozen=True)
class Run:
    """The figures of a finished run.

    Attributes:
        title: data set, architecture and profile.
        seed: seed of the run.
        accuracy: accuracy of the exported model on the test set, 0..1.
        parameters: number of the model's parameters.
        seconds: duration of the training.
        before: expected calibration error on the test set without the temperature, 0..1.
        after: expected calibration error on the test set with it, 0..1.
    """

    title: str
    seed: int
    accuracy: float
    parameters: int
    seconds: float
    before: float
    after: float


def main() -> None:
    """Train, or read finished runs, and print the table."""
    parser = described("benchmarks.training.accuracy", __doc__)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/accuracy"), help="folder for the runs")
    parser.add_argument("--runs", type=Path, nargs="+", help="finished runs to read instead of training")
    given = parser.parse_args()
    folders = given.runs or [train(given, seed) for seed in given.seeds]
    print(machine.describe("tensorflow", "keras"), "\n")
    print(report([read(folder) for folder in folders]))


def train(given: argparse.Namespace, seed: int) -> Path:
    """Run or continue one training; returns its folder.

    Raises:
        SystemExit: if the training command fails; a refusal by the gate is no failure.
    """
    name = f"{given.dataset}-{given.model}-{given.profile}-{seed}"
    folder: Path = given.folder / name
    command = [sys.executable, "-m", "training", "train", "--dataset", given.dataset, "--model", given.model]
    command += ["--profile", given.profile, "--seed", str(seed), "--run-dir", str(folder)]
    command += ["--models-dir", str(given.folder / "models"), "--name", name]
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if status not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return folder


def read(folder: Path) -> Run:
    """Read a finished run.

    Raises:
        SystemExit: if the folder has none.
    """
    try:
        outcome, metrics, arguments = (
            json.loads((folder / f"{name}.json").read_text()) for name in ("outcome", "metrics", "arguments")
        )
    except FileNotFoundError as error:
        raise SystemExit(f"{folder} contains no finished run: {error.filename} is missing") from error
    config = arguments["config"]
    return Run(
        f"{config['dataset']} {config['model']} {config['profile']}",
        config["seed"],
        metrics["accuracy"],
        outcome["parameters"],
        outcome["training_seconds"],
        metrics["calibration_error_before_scaling"],
        metrics["calibration_error"],
    )


def report(runs: list[Run]) -> str:
    """Build the table: a line per run, and a line with mean and spread per kind of run."""
    head = ["run", "seed", "test accuracy", "parameters", "training", "calibration error", "before scaling"]
    lines = []
    for title in dict.fromkeys(run.title for run in runs):
        same = [run for run in runs if run.title == title]
        lines += [_line(run) for run in same]
        lines.append(_mean(title, same))
    return table(head, lines)


def _line(run: Run) -> list[str]:
    return [
        run.title,
        str(run.seed),
        percent(run.accuracy),
        f"{run.parameters:,}",
        seconds(run.seconds),
        percent(run.after),
        percent(run.before),
    ]


def _mean(title: str, runs: list[Run]) -> list[str]:
    return [
        f"**{title}**",
        f"mean of {len(runs)}",
        mean_and_spread([run.accuracy for run in runs], percent),
        f"{statistics.fmean(run.parameters for run in runs):,.0f}",
        mean_and_spread([run.seconds for run in runs], seconds),
        mean_and_spread([run.after for run in runs], percent),
        mean_and_spread([run.before for run in runs], percent),
    ]


if __name__ == "__main__":
    main()
