"""The training loop over epochs: steps, validation, checkpoint."""

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

CHUNK = 50  # steps per call of the graph: enough to be fast, few enough to stop quickly

_CLEAN = 2000

Asked = Callable[[], bool]


@dataclass(frozen=True)
class Fitted:
    """The result of a training. The kept weights are in the model.

    Attributes:
        history: one row of figures per epoch.
        best_epoch: the epoch whose weights were kept, counted from 1.
        seconds: wall time of fitting, including tracing and validation.
        images_per_second: training pictures per second of that time.
    """

    history: list[dict[str, float]]
    best_epoch: int
    seconds: float
    images_per_second: float


class Fit:
    """A training.

    Args:
        model: gives logits; is trained in place.
        data: its training and validation parts are used, its test part is not.
        recipe: how to train.
        seed: seed of the order and the augmentation.
        path: path of the checkpoint; an existing one is continued. None keeps none.
        reporter: gets the progress; None prints nothing.
        interrupted: called between chunks of steps; if it returns True, the training saves and ends.
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
        loss = optimizers.loss(recipe, model.output_shape[1])
        augment = augmenter(data.recipe, recipe.augmentation)
        self._steps = Steps(model, self._optimizer, loss, data.train, augment, average, seed)
        clean = None if augment is None else _clean(data)
        self._validation = Validation(model, len(data.labels), average, data.validation, self._stop, clean)
        self._workers = Workers()
        origin = Origin.of(model, data, recipe)
        self._state = State(model, self._optimizer, average, self._stop, path, origin)

    @property
    def progress(self) -> Progress:
        """The progress of the training."""
        return self._state.progress

    def run(self) -> Fitted:
        """Train to the last epoch, or until the target accuracy is reached.

        Raises:
            FittingFailed: if the loss is NaN or infinite, the memory is too small or a worker is gone.
            Interrupted: if ``interrupted`` returned True; the state is saved.
            RunFolderError: if the checkpoint cannot be written or belongs to a different training.
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
        """Train one epoch, or the rest of an interrupted one."""
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
                raise Interrupted(f"interrupted in epoch {progress.epoch + 1}; the state is saved")
        self._end(epoch)

    def _end(self, epoch: Epoch) -> None:
        """Validate the epoch, decide whether it is the last one, and save."""
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
    """Return some unchanged training pictures, without strangers.

    Augmented pictures are harder than validation pictures, so their accuracy would hide the overfitting gap.
    """
    first = data.train.at(slice(_CLEAN))
    return first.at(np.flatnonzero(first.labels < len(data.labels)))
