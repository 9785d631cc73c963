"""The current epoch: its training figures and its time."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from training.errors import FittingFailed
from training.fitting.checkpoint import Progress


class Epoch:
    """One epoch, or the rest of an interrupted one. Its counters are in the progress, which is saved.

    Args:
        progress: the progress to update.
        batch: pictures per step.
        highest_rate: the recipe's learning rate, for the error message.
    """

    def __init__(self, progress: Progress, batch: int, highest_rate: float) -> None:
        self._progress, self._batch, self._highest_rate = progress, batch, highest_rate
        self._before, self._started = progress.seconds, time.perf_counter()

    def take(self, steps: int, figures: NDArray[np.float32]) -> None:
        """Count finished steps.

        Args:
            steps: number of steps.
            figures: float32 ``[2]``: the sum of their losses and the number of right answers.

        Raises:
            FittingFailed: if the loss is NaN or infinite.
        """
        progress = self._progress
        if not math.isfinite(figures[0]):
            raise FittingFailed(
                f"the loss is {figures[0]} in epoch {progress.epoch + 1}: "
                f"a learning rate of {self._highest_rate} is too high for this model; try a lower one"
            )
        progress.loss_sum += float(figures[0])
        progress.right += float(figures[1])
        progress.step += steps
        self._clock()

    @property
    def accuracy(self) -> float:
        """Training accuracy in this epoch so far, 0..1."""
        return self._progress.right / self._seen()

    def row(self, learning_rate: float) -> dict[str, float]:
        """Return the epoch's figures on the training set.

        Args:
            learning_rate: learning rate of the last step.
        """
        return {
            "epoch": self._progress.epoch + 1,
            "loss": self._progress.loss_sum / self._seen(),
            "accuracy": self.accuracy,
            "learning_rate": learning_rate,
        }

    def close(self, row: dict[str, float]) -> None:
        """Add the seconds to the epoch's row and the row to the history, and begin the next epoch."""
        self._clock()
        progress = self._progress
        row["seconds"] = progress.seconds - self._before
        progress.history.append(row)
        progress.epoch, progress.step, progress.loss_sum, progress.right = progress.epoch + 1, 0, 0.0, 0.0

    def _seen(self) -> int:
        return max(1, self._progress.step * self._batch)

    def _clock(self) -> None:
        self._progress.seconds = self._before + time.perf_counter() - self._started
