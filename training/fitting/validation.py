"""What an epoch was worth: the averaged weights, judged on validation data."""

from __future__ import annotations

import keras

from training.callbacks import StopAtAccuracy
from training.datasets import Split
from training.evaluation.metrics import cross_entropy, epoch_figures
from training.fitting.averaging import WeightAverage
from training.predict import ForwardPass


class Validation:
    """Judges a model after each epoch.

    Args:
        model: gives logits.
        classes: how many of them count, the first; one for strangers does not.
        average: of its weights; judged in their place.
        held_out: pictures that the weights are not fitted on.
        stop: told of the figures while the model has the averaged weights, for those are what it keeps.
        clean: training pictures as they are, where training sees them changed; None otherwise.
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
        """Add the figures of an epoch, counted from 0, to its row, and show it to the callback."""
        with self._average.in_place():
            row.update(epoch_figures(self._logits(self._held_out.images), self._held_out.labels))
            if self._clean is not None:
                logits = self._logits(self._clean.images)
                row["clean_loss"] = cross_entropy(logits, self._clean.labels)
                row["clean_accuracy"] = float((logits.argmax(axis=1) == self._clean.labels).mean())
            self._stop.on_epoch_end(epoch, row)
