"""What happens after an epoch: stop when it is good enough, keep the best weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


class StopAtAccuracy(keras.callbacks.Callback):
    """Ends training once validation accuracy reaches a target, and leaves the best weights in the model.

    The callback saves time; whether the model is published is the gate's decision.

    Args:
        target: validation accuracy, 0..1; 0 never ends training early but still keeps the best weights.
        tell: takes the line that says that it ended the training, and at what.
        keep_last: leaves the last weights in place of the best, for recipes that come to rest.
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
        """Compare with the best epoch so far: by accuracy, then by loss."""
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
        """Leave the weights that were kept in the model."""
        if self.best_weights:
            self.model.set_weights(self.best_weights)
