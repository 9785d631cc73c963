"""The state of a training, saved to and restored from its checkpoint."""

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
    """Weights, optimizer state, averaged weights, best weights and progress of a training.

    Args:
        model: the model in training.
        optimizer: its optimizer, built on the model's variables.
        average: the running average of its weights.
        stop: the callback that keeps the best weights.
        path: path of the checkpoint; None keeps none.
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
        """Write the checkpoint.

        Raises:
            RunFolderError: if it cannot be written.
        """
        if self._path is None:
            return
        arrays = {group: [v.numpy() for v in variables] for group, variables in self._variables.items()}
        whole = {**arrays, "best": self._stop.best_weights}
        checkpoint.save(self._path, self.progress, whole, self._origin.to_json())

    def resume(self) -> bool:
        """Restore the state from the checkpoint.

        Returns:
            Whether there was a checkpoint.

        Raises:
            RunFolderError: if its training computed with something else; the message lists the differences.
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
            reasons = ["it was written by release 0.1 and does not record what it was computed with"]
        else:
            reasons = self._origin.differences(stored.origin)
        if reasons:
            raise RunFolderError(
                f"the checkpoint {self._path} belongs to a different training: {'; '.join(reasons)}. "
                "Start again with a new --run-dir, or restore what the run was started with"
            )
