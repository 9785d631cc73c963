"""The loop over epochs: steps, validation, checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from training.augmentation import augmenter
from training.callbacks import StopAtAccuracy
from training.datasets import Dataset, Split
from training.errors import Interrupted
from training.fitting import optimizers, remarks
from training.fitting.averaging import WeightAverage
from training.fitting.checkpoint import Progress
from training.fitting.epoch import Epoch
from training.fitting.origin import Origin
from training.fitting.state import State
from training.fitting.steps import Steps
from training.fitting.validation import Validation
from training.fitting.workers import Workers
from training.progress import Reporter
from training.recipes import Recipe

CHUNK = 50  # steps in one call into the graph: long enough to be fast, short enough to stop at once

_CLEAN = 2000

Asked = Callable[[], bool]


@dataclass(frozen=True)
class Fitted:
    """The result of a training; the weights that were kept are in the model.

    Attributes:
        history: one row of figures an epoch.
        best_epoch: the epoch, from 1, whose weights were kept.
        seconds: wall time of fitting, tracing and validation included.
        images_per_second: training pictures, over that time.
    """

    history: list[dict[str, float]]
    best_epoch: int
    seconds: float
    images_per_second: float


class Fit:
    """One training in progress.

    Args:
        model: gives logits; is trained in place.
        data: its training and validation parts are used, its test part is not.
        recipe: how to train.
        seed: of the order and the augmentation.
        path: of the checkpoint; one that is there is continued. None keeps none.
        reporter: told of every chunk of steps and every epoch.
        interrupted: asked between chunks; True ends the training after saving it.
    """

    def __init__(
        self,
        model: keras.Model,
        data: Dataset,
        recipe: Recipe,
        *,
        seed: int,
        path: Path | None = None,
        reporter: Reporter | None = None,
        interrupted: Asked = lambda: False,
    ) -> None:
        self._model, self._recipe = model, recipe
        self._reporter, self._interrupted = reporter or Reporter.silent(), interrupted
        self._batch = min(recipe.batch_size, len(data.train))
        self._steps_per_epoch = len(data.train) * recipe.repeats // self._batch
        self._optimizer = optimizers.optimizer(recipe, recipe.epochs * self._steps_per_epoch)
        self._optimizer.build(model.trainable_variables)
        average = WeightAverage(model, recipe.averaging)
        self._told: list[str] = []
        self._stop = StopAtAccuracy(recipe.target_accuracy, self._told.append, keep_last=recipe.comes_to_rest)
        self._steps = Steps(
            model,
            self._optimizer,
            optimizers.loss(recipe, model.output_shape[1]),
            data.train,
            augmenter(data.recipe, recipe.augmentation),
            average,
            seed,
        )
        # Augmented pictures are harder than validation's: the curves cross, and no gap is to be seen.
        clean = _clean(data) if recipe.augmentation != "none" else None
        self._validation = Validation(model, len(data.labels), average, data.validation, self._stop, clean)
        self._workers = Workers()
        origin = Origin.of(model, data, recipe)
        self._state = State(model, self._optimizer, average, self._stop, path, origin)

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._state.progress

    def run(self) -> Fitted:
        """Train to the end, or to the target.

        Returns:
            The result.

        Raises:
            FittingFailed: when the loss is no number any more.
            Interrupted: when it was asked to end; its state is saved.
            RunFolderError: when the checkpoint is of a training that computed with something else.
        """
        if self._state.resume():
            self._reporter.line(f"continuing after {len(self.progress.history)} finished epochs")
        self._workers.check_together(self.progress.epoch * self._steps_per_epoch + self.progress.step)
        self._stop.set_model(self._model)
        self._model.stop_training = self.progress.stopped
        while self.progress.epoch < self._recipe.epochs and not self._model.stop_training:
            self._epoch()
        self._stop.on_train_end()
        done = self.progress
        pictures = len(done.history) * self._steps_per_epoch * self._batch
        return Fitted(done.history, done.best_epoch + 1, done.seconds, pictures / max(done.seconds, 1e-9))

    def _epoch(self) -> None:
        """One epoch, or the rest of one."""
        progress = self.progress
        epoch = Epoch(progress, self._batch, self._recipe.learning_rate)
        order = self._steps.order(progress.epoch, self._batch, self._recipe.repeats)
        first = progress.epoch * self._steps_per_epoch
        while progress.step < len(order):
            rows = order[progress.step : progress.step + CHUNK]
            epoch.take(len(rows), self._steps.take(rows, first + progress.step))
            self._reporter.steps(progress.epoch, progress.step, len(order), epoch.accuracy)
            if self._workers.agree(float(self._interrupted())):
                self._state.save()
                raise Interrupted(f"ended in epoch {progress.epoch + 1}, as requested; the state is saved")
        self._end(epoch)

    def _end(self, epoch: Epoch) -> None:
        """Judge the epoch, decide whether it is to be the last, and save."""
        progress = self.progress
        row = epoch.row(float(keras.ops.convert_to_numpy(self._optimizer.learning_rate)))
        self._validation.judge(progress.epoch, row)
        self._model.stop_training = bool(self._workers.agree(float(self._model.stop_training)))
        epoch.close(row)
        progress.stopped = bool(self._model.stop_training)
        progress.best, progress.best_epoch = self._stop.best, self._stop.best_epoch
        self._state.save()
        self._reporter.epoch(row, self._recipe.epochs)
        first, remark = remarks.of(progress.history, self._recipe)
        if first == len(progress.history):
            self._reporter.line(f"note: {remark}")
        while self._told:
            self._reporter.line(self._told.pop(0))


def _clean(data: Dataset) -> Split:
    """Training pictures as they are, without the strangers that a class of their own stands for."""
    first = data.train.at(slice(_CLEAN))
    return first.at(np.flatnonzero(first.labels < len(data.labels)))
