"""Validation after an epoch, with the averaged weights."""

from __future__ import annotations

import keras

from training.callbacks import StopAtAccuracy
from training.datasets import Split
from training.evaluation.metrics import cross_entropy, epoch_figures
from training.fitting.averaging import WeightAverage
from training.predict import ForwardPass


class Validation:
    """Evaluates a model after each epoch, with the averaged weights.

    Args:
        model: gives logits.
        classes: number of known classes; a further logit, for strangers, is ignored.
        average: the running average of its weights.
        held_out: the validation part.
        stop: called with the figures while the model has the averaged weights, so that it keeps those.
        clean: unchanged training pictures, if training augments them; None otherwise.
    """

    def __init__(
        self,
        model: keras.Model,
        classes: int,
        average: WeightAverage,
        held_out: Split,
        stop: StopAtAccuracy,
        clean: Split | None = None,
    ) -> None:
        self._average, self._held_out, self._stop, self._clean = average, held_out, stop, clean
        self._logits = ForwardPass(lambda images: model(images, training=False)[:, :classes])

    def judge(self, epoch: int, row: dict[str, float]) -> None:
        """Add the validation figures of an epoch to its row, and call the callback.

        Args:
            epoch: number of the epoch, from 0.
            row: the epoch's row of the history.
        """
        with self._average.in_place():
            row.update(epoch_figures(self._logits(self._held_out.images), self._held_out.labels))
            if self._clean is not None:
                logits = self._logits(self._clean.images)
                row["clean_loss"] = cross_entropy(logits, self._clean.labels)
                row["clean_accuracy"] = float((logits.argmax(axis=1) == self._clean.labels).mean())
            self._stop.on_epoch_end(epoch, row)
