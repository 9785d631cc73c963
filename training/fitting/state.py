"""All that a training in progress is made of, saved and taken back as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from training.callbacks import StopAtAccuracy
from training.fitting import checkpoint
from training.fitting.averaging import WeightAverage
from training.fitting.checkpoint import Progress


class State:
    """Weights, moments, averages, the best weights so far, and how far the training has come.

    Args:
        model: in training.
        optimizer: built on its variables.
        average: follows the weights.
        stop: keeps the best weights.
        path: of the checkpoint; None keeps none.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        average: WeightAverage,
        stop: StopAtAccuracy,
        path: Path | None,
    ) -> None:
        self._variables: dict[str, list[Any]] = {
            "model": model.variables,
            "optimizer": optimizer.variables,
            "average": average.shadow,
        }
        self._stop, self._path = stop, path
        self.progress = Progress()

    def save(self) -> None:
        """Replace the checkpoint."""
        if self._path is None:
            return
        arrays = {group: [v.numpy() for v in variables] for group, variables in self._variables.items()}
        checkpoint.save(self._path, self.progress, {**arrays, "best": self._stop.best_weights})

    def resume(self) -> bool:
        """Take over the checkpoint; False if there is none."""
        stored = checkpoint.load(self._path) if self._path else None
        if stored is None:
            return False
        self.progress, groups = stored
        for group, variables in self._variables.items():
            for variable, value in zip(variables, groups.get(group, []), strict=True):
                variable.assign(value)
        self._stop.best_weights = groups.get("best", [])
        self._stop.best, self._stop.best_epoch = self.progress.best, self.progress.best_epoch
        return True
