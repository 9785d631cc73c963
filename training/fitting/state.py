"""All that a training in progress is made of, saved and taken back as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from training.callbacks import StopAtAccuracy
from training.errors import RunFolderError
from training.fitting import checkpoint
from training.fitting.averaging import WeightAverage
from training.fitting.checkpoint import Progress, Stored
from training.fitting.origin import Origin


class State:
    """Weights, moments, averages, the best weights so far, and how far the training has come.

    Args:
        model: in training.
        optimizer: built on its variables.
        average: follows the weights.
        stop: keeps the best weights.
        path: of the checkpoint; None keeps none.
        origin: what the training computes with.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        average: WeightAverage,
        stop: StopAtAccuracy,
        path: Path | None,
        origin: Origin,
    ) -> None:
        self._variables: dict[str, list[Any]] = {
            "model": model.variables,
            "optimizer": optimizer.variables,
            "average": average.shadow,
        }
        self._stop, self._path, self._origin = stop, path, origin
        self.progress = Progress()

    def save(self) -> None:
        """Replace the checkpoint."""
        if self._path is None:
            return
        arrays = {group: [v.numpy() for v in variables] for group, variables in self._variables.items()}
        whole = {**arrays, "best": self._stop.best_weights}
        checkpoint.save(self._path, self.progress, whole, self._origin.to_json())

    def resume(self) -> bool:
        """Take over the checkpoint; False if there is none.

        Raises:
            RunFolderError: when it is of a training that computed with something else, saying with what.
        """
        stored = checkpoint.load(self._path) if self._path else None
        if stored is None:
            return False
        self._check(stored)
        self.progress = stored.progress
        for group, variables in self._variables.items():
            for variable, value in zip(variables, stored.arrays.get(group, []), strict=True):
                variable.assign(value)
        self._stop.best_weights = stored.arrays.get("best", [])
        self._stop.best, self._stop.best_epoch = self.progress.best, self.progress.best_epoch
        return True

    def _check(self, stored: Stored) -> None:
        if not stored.origin:
            reasons = ["it does not record what it was computed with, because release 0.1 wrote it"]
        else:
            reasons = self._origin.differences(stored.origin)
        if reasons:
            raise RunFolderError(
                f"the checkpoint {self._path} belongs to another training: {'; '.join(reasons)}. "
                "Start with a new --run-dir, or use the settings that it was started with"
            )
