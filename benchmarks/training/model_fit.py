"""Compare the training loop with ``keras.Model.fit``: duration, and the effect of a kill.

    python -m benchmarks.training.model_fit --epochs 2 --repeats 2

Both train ``cnn-small`` on MNIST by the same recipe: batches of 128, Adam with a cosine schedule and warm-up,
a running average of the weights, evaluated after each epoch, and a checkpoint after each epoch. ``fit`` uses
``CosineDecay``, ``use_ema``, ``SwapEMAWeights``, ``BackupAndRestore`` and ``steps_per_execution``. For
the kill, a training on the small digits that is interrupted in the middle of an epoch and restarted is
compared with one that is not.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.arguments import described
from benchmarks.markdown import table
from benchmarks.training.statistics import mean_and_spread, percent, seconds
from training import datasets, runtime
from training.recipes import Recipe

if TYPE_CHECKING:
    from training.datasets import Dataset

RECIPE = Recipe(epochs=2, learning_rate=0.006, warm_up=0.25, averaging=0.98)


@dataclass(frozen=True)
class Run:
    """The figures of a training.

    Attributes:
        seconds: its duration, including tracing and validation.
        processor_seconds: its processor time.
        accuracy: validation accuracy of the averaged weights after the last epoch, 0..1.
    """

    seconds: float
    processor_seconds: float
    accuracy: float


def main() -> None:
    """Measure and print the table."""
    parser = described("benchmarks.training.model_fit", __doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2, help="trainings of each, in turns (default: 2)")
    parser.add_argument("--data-dir", type=Path, help="folder to search for the data first")
    given = parser.parse_args()
    runtime.import_quietly()
    from benchmarks.training import fitters

    recipe = replace(RECIPE, epochs=given.epochs)
    data = datasets.load("mnist", given.data_dir)
    ways = {"our loop": fitters.loop, "Model.fit": fitters.fit}
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for seed in range(given.repeats):
        for name, train in ways.items():
            runs[name].append(_timed(train, data, recipe, seed))
    print(machine.describe("tensorflow", "keras"), "\n")
    print(report(runs), "\n")
    digits, short = datasets.load("digits"), replace(RECIPE, epochs=3, batch_size=16)
    for name, cut in (("our loop", fitters.loop_cut_off), ("Model.fit", fitters.fit_cut_off)):
        print(f"{name}, interrupted in its second epoch and restarted: {cut(digits, short)}")


def report(runs: dict[str, list[Run]]) -> str:
    """Build the table."""
    rows = [
        [
            name,
            mean_and_spread([run.seconds for run in each], seconds),
            mean_and_spread([run.processor_seconds for run in each], seconds),
            mean_and_spread([run.accuracy for run in each], percent),
        ]
        for name, each in runs.items()
    ]
    return table(["training", "time", "processor time", "validation accuracy"], rows)


def _timed(train: Callable[..., float], data: Dataset, recipe: Recipe, seed: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        began, used = time.perf_counter(), time.process_time()
        accuracy = train(data, recipe, seed, Path(folder))
        return Run(time.perf_counter() - began, time.process_time() - used, accuracy)


if __name__ == "__main__":
    main()
