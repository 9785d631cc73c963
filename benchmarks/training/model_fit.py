"""The training loop beside ``keras.Model.fit`` with standard callbacks: time, and what a kill changes.

    python -m benchmarks.training.model_fit --epochs 2 --repeats 2

Both train ``cnn-small`` on MNIST with the same recipe: batches of 128, Adam on a cosine with warm-up, a
running average of the weights that is evaluated after each epoch, a checkpoint after each epoch. ``fit`` does
it with ``CosineDecay``, ``use_ema`` and ``SwapEMAWeights``, ``BackupAndRestore`` and ``steps_per_execution``.
The kill is tried on the small digits: a training that was cut off in the middle of an epoch and started again
is compared with one that was not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.training.statistics import mean_and_spread, percent, seconds, table
from training import datasets, runtime
from training.recipes import Recipe

if TYPE_CHECKING:
    from training.datasets import Dataset

RECIPE = Recipe(epochs=2, learning_rate=0.006, warm_up=0.25, averaging=0.98)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        seconds: of training, tracing and validation included.
        processor_seconds: the same, of processor time.
        accuracy: on validation data, of the averaged weights after the last epoch.
    """

    seconds: float
    processor_seconds: float
    accuracy: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2, help="of each, in turns (default: 2)")
    parser.add_argument("--data-dir", type=Path, help="the first place to look for the data")
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
        print(f"{name}, cut off in its second epoch and started again: {cut(digits, short)}")


def report(runs: dict[str, list[Run]]) -> str:
    """Both side by side."""
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
