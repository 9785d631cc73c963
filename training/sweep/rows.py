"""One variant over its seeds: means, spreads, curves, and where overfitting starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.sweep.experiments import Trial

Result = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One variant over its seeds.

    Attributes:
        experiment: it belongs to.
        dataset: it was trained on.
        variant: its label.
        results: of its seeds.
    """

    experiment: str
    dataset: str
    variant: str
    results: tuple[Result, ...]

    @property
    def parameters(self) -> int:
        """Of the net."""
        return int(self.results[0]["parameters"])

    def mean(self, *path: str) -> float:
        """The mean of a figure over the seeds."""
        return float(np.mean(self._values(*path)))

    def spread(self, *path: str) -> float:
        """The standard deviation of a figure over the seeds; 0 for a single one."""
        values = self._values(*path)
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def curve(self, name: str) -> list[float]:
        """The mean of a figure by epoch, as far as all seeds have come."""
        histories = [[row[name] for row in result["history"]] for result in self.results]
        length = min(map(len, histories))
        return [float(v) for v in np.mean([history[:length] for history in histories], axis=0)]

    def epochs(self) -> float:
        """Epochs trained, the mean over the seeds."""
        return float(np.mean([len(result["history"]) for result in self.results]))

    def gap(self) -> float:
        """How much better the last epoch is on training than on validation data, in accuracy."""
        return self.curve("accuracy")[-1] - self.curve("val_accuracy")[-1]

    def turning_point(self) -> int:
        """The epoch, from 1, with the lowest validation loss: after it, training longer overfits."""
        return int(np.argmin(self.curve("val_loss"))) + 1

    def kept(self) -> tuple[float, float]:
        """Validation accuracy of the epoch whose weights were kept, and of the last epoch."""
        best = [result["history"][result["best_epoch"] - 1]["val_accuracy"] for result in self.results]
        last = [result["history"][-1]["val_accuracy"] for result in self.results]
        return float(np.mean(best)), float(np.mean(last))

    def of_class(self, name: str, figure: str) -> float:
        """Precision, recall or F1 of one class, the mean over the seeds."""
        return self.mean("test", "classes", name, figure)

    def _values(self, *path: str) -> list[float]:
        return [_at(result, path) for result in self.results]


def group(found: Sequence[tuple[Trial, Result]]) -> list[Row]:
    """The results by variant, in the order in which they come."""
    keys = dict.fromkeys(_place(trial) for trial, _ in found)
    return [Row(*key, tuple(result for trial, result in found if _place(trial) == key)) for key in keys]


def _place(trial: Trial) -> tuple[str, str, str]:
    return trial.experiment, trial.dataset, trial.variant.label


def _at(result: Result, path: Sequence[str]) -> float:
    value: Any = result
    for name in path:
        value = value[name]
    return float(value)
