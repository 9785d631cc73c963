"""A Keras callback that stops training at a target accuracy and keeps the best weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class StopAtAccuracy(keras.callbacks.Callback):
    """Stops training when validation accuracy reaches a target, and leaves the best weights in the model.

    The callback only saves time. The gate decides whether the model is published.

    Args:
        target: validation accuracy, 0..1; with 0, training never stops early.
        tell: called with one line of text when the callback stops the training.
        keep_last: keep the weights of the last epoch instead of the best one, for recipes whose weights
            settle (``Recipe.comes_to_rest``).
    """

    def __init__(
        self, target: float = 0.0, tell: Callable[[str], None] = print, *, keep_last: bool = False
    ) -> None:
        super().__init__()
        self.target, self._tell, self._keep_last = target, tell, keep_last
        self.best: tuple[float, float] = (-1.0, 0.0)
        self.best_epoch = -1
        self.best_weights: list[NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Keep the weights if no earlier epoch has a higher accuracy, or the same with a lower loss."""
        figures = logs or {}
        reached = (figures["val_accuracy"], -figures["val_loss"])
        if self._keep_last or reached >= self.best:
            self.best, self.best_epoch = reached, epoch
            self.best_weights = [np.array(weight) for weight in self.model.get_weights()]
        if self.target and figures["val_accuracy"] >= self.target:
            self.model.stop_training = True
            self._tell(
                f"StopAtAccuracy ends the training after epoch {epoch + 1}: validation accuracy "
                f"{figures['val_accuracy']:.4f} has reached the target of {self.target:g}"
            )

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:  # noqa: ARG002 - Keras' signature
        """Restore the kept weights."""
        if self.best_weights:
            self.model.set_weights(self.best_weights)
