"""Accuracy on the test set over several seeds, with calibration before and after scaling.

    python -m benchmarks.training.accuracy --dataset mnist --model cnn --profile full --seeds 0 1 2
    python -m benchmarks.training.accuracy --runs runs/a runs/b        # reads finished runs, trains nothing

Each training is the command ``python -m training train``, in a folder of its own below ``--folder``; started
again, what is finished there is read and what was cut off goes on.
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
from benchmarks.training.statistics import mean_and_spread, percent, seconds, table


@dataclass(frozen=True)
class Run:
    """What one finished run says of itself.

    Attributes:
        title: data set, architecture and profile.
        seed: of the run.
        accuracy: on the test set, of the exported model.
        parameters: of the model.
        seconds: of training.
        before: expected calibration error on the test set without the temperature.
        after: and with it.
    """

    title: str
    seed: int
    accuracy: float
    parameters: int
    seconds: float
    before: float
    after: float


def main() -> None:
    """Train or read, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--profile", default="full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path("runs/accuracy"), help="of the runs trained here")
    parser.add_argument("--runs", type=Path, nargs="+", help="finished runs to read instead of training")
    given = parser.parse_args()
    folders = given.runs or [train(given, seed) for seed in given.seeds]
    print(machine.describe("tensorflow", "keras"), "\n")
    print(report([read(folder) for folder in folders]))


def train(given: argparse.Namespace, seed: int) -> Path:
    """Run one training, or what is left of it; its folder.

    Raises:
        SystemExit: if the training command ends with anything but published or refused by the gate.
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
    """A finished run.

    Raises:
        SystemExit: for a folder that holds none.
    """
    try:
        outcome, metrics, arguments = (
            json.loads((folder / f"{name}.json").read_text()) for name in ("outcome", "metrics", "arguments")
        )
    except FileNotFoundError as error:
        raise SystemExit(f"{folder} holds no finished run: {error.filename} is not there") from error
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
    """A line for each run, and one of means and spreads for each kind of run."""
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
