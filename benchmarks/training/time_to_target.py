"""Measure the seconds of training to 99 % on MNIST's test set: the profile ``fast`` beside a plain recipe.

    python -m benchmarks.training.time_to_target --seeds 0 1 2 3 4

The plain recipe is the convolutional net of most tutorials (Conv 32, pool, Conv 64, pool, dropout 0.5, Dense
10) in plain Keras: Adam at 0.001, batches of 128, no schedule, all 60,000 pictures. It is evaluated on the
test set after each epoch, which is not timed, and ends when it reaches the target. ``fast`` holds out a tenth
of the training pictures, decides by those when to end, and is evaluated on the test set once, afterwards. Its
seconds include tracing and validation. The trainings take turns.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.training.statistics import mean_and_spread, percent, seconds
from training import datasets, runtime

if TYPE_CHECKING:
    from benchmarks.training.contestants import Run


def main() -> None:
    """Measure and print the table."""
    parser = described("benchmarks.training.time_to_target", __doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--model", default="cnn-small", help="architecture for fast (default: cnn-small)")
    parser.add_argument("--target", type=float, default=0.99, help="test accuracy (default: 0.99)")
    parser.add_argument("--data-dir", type=Path, help="folder to search for the data first")
    given = parser.parse_args()
    runtime.import_quietly()
    from benchmarks.training.contestants import run_fast, run_plain

    fast, plain = [], []
    for seed in given.seeds:
        data = datasets.load("mnist", given.data_dir, seed=seed)
        fast.append(_told("fast", seed, run_fast(data, given.model, seed)))
        plain.append(_told("plain", seed, run_plain(data, seed, given.target)))
    print("\n" + machine.describe("tensorflow", "keras"), "\n")
    print(report(fast, plain, given.target))


def report(fast: Sequence[Run], plain: Sequence[Run], target: float) -> str:
    """Build the table, and the ratio of the means with the range over the pairs."""
    rows = [
        [
            name,
            mean_and_spread([run.seconds for run in runs], seconds),
            f"{statistics.fmean(run.epochs for run in runs):.1f}",
            mean_and_spread([run.accuracy for run in runs], percent),
            f"{sum(run.accuracy >= target for run in runs)} of {len(runs)}",
        ]
        for name, runs in (("fast", fast), ("plain", plain))
    ]
    head = ["recipe", "training", "epochs", "test accuracy", f"at {target:.0%} or above"]
    pairs = [slow.seconds / quick.seconds for quick, slow in zip(fast, plain, strict=True)]
    ratio = sum(run.seconds for run in plain) / sum(run.seconds for run in fast)
    return (
        f"{table(head, rows)}\n\nplain takes {ratio:.2f} times as long as fast ({min(pairs):.2f} to "
        f"{max(pairs):.2f} in the pairs)"
    )


def _told(name: str, seed: int, run: Run) -> Run:
    print(
        f"{name:>5} seed {seed}: {seconds(run.seconds)}, {run.epochs} epochs, test {percent(run.accuracy)}",
        flush=True,
    )
    return run


if __name__ == "__main__":
    main()
