"""The results of a variant over its seeds: means, spreads, curves, and the start of overfitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.sweep.experiments import Trial

Result = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """The results of a variant over its seeds.

    Attributes:
        experiment: name of the experiment.
        dataset: name of the data set.
        variant: label of the variant.
        results: one result per seed.
    """

    experiment: str
    dataset: str
    variant: str
    results: tuple[Result, ...]

    @property
    def parameters(self) -> int:
        """Number of the net's parameters."""
        return int(self.results[0]["parameters"])

    def mean(self, *path: str) -> float:
        """Return the mean of a figure over the seeds; ``path`` are its keys in a result."""
        return float(np.mean(self._values(*path)))

    def spread(self, *path: str) -> float:
        """Return the standard deviation of a figure over the seeds; 0 for a single seed."""
        values = self._values(*path)
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def curve(self, name: str) -> list[float]:
        """Return the mean of a figure by epoch, up to the last epoch that all seeds reached."""
        histories = [[row[name] for row in result["history"]] for result in self.results]
        length = min(map(len, histories))
        return [float(v) for v in np.mean([history[:length] for history in histories], axis=0)]

    def epochs(self) -> float:
        """Return the mean number of epochs trained."""
        return float(np.mean([len(result["history"]) for result in self.results]))

    def gap(self) -> float:
        """Return training minus validation accuracy in the last epoch: the overfitting gap, in -1..1."""
        return self.curve("accuracy")[-1] - self.curve("val_accuracy")[-1]

    def turning_point(self) -> int:
        """Return the epoch with the lowest validation loss, counted from 1; after it, training overfits."""
        return int(np.argmin(self.curve("val_loss"))) + 1

    def kept(self) -> tuple[float, float]:
        """Return the validation accuracy, 0..1, of the epoch whose weights were kept and of the last."""
        best = [result["history"][result["best_epoch"] - 1]["val_accuracy"] for result in self.results]
        last = [result["history"][-1]["val_accuracy"] for result in self.results]
        return float(np.mean(best)), float(np.mean(last))

    def of_class(self, name: str, figure: str) -> float:
        """Return the mean precision, recall or F1 of a class; ``figure`` is the name."""
        return self.mean("test", "classes", name, figure)

    def _values(self, *path: str) -> list[float]:
        return [_at(result, path) for result in self.results]


def group(found: Sequence[tuple[Trial, Result]]) -> list[Row]:
    """Group results by variant, in their order."""
    keys = dict.fromkeys(_place(trial) for trial, _ in found)
    return [Row(*key, tuple(result for trial, result in found if _place(trial) == key)) for key in keys]


def _place(trial: Trial) -> tuple[str, str, str]:
    return trial.experiment, trial.dataset, trial.variant.label


def _at(result: Result, path: Sequence[str]) -> float:
    value: Any = result
    for name in path:
        value = value[name]
    return float(value)
