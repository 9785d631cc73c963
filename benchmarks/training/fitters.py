"""One recipe trained in two ways: by this project's loop, and by ``keras.Model.fit`` with callbacks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training import models, runtime
from training.architectures import Options
from training.datasets import Dataset, Split
from training.errors import Interrupted
from training.fitting import optimizers
from training.fitting.loop import CHUNK, Fit
from training.recipes import Recipe

_ARCHITECTURE = "cnn-small"
_CUT_AFTER = 110  # steps; an epoch of the small digits has about 80


class _CutOffError(Exception):
    """Simulates a kill."""


class _CutOff(keras.callbacks.Callback):
    """Interrupts a training in the middle of an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras' signature
        self._steps += 1
        if self._steps >= _CUT_AFTER:
            raise _CutOffError


def loop(data: Dataset, recipe: Recipe, seed: int, folder: Path) -> float:
    """Train with this project's loop; returns the validation accuracy of the last epoch."""
    fitted = Fit(_net(data, seed), data, recipe, seed=seed, path=folder / "checkpoint.npz").run()
    return fitted.history[-1]["val_accuracy"]


def fit(data: Dataset, recipe: Recipe, seed: int, folder: Path) -> float:
    """Train with ``Model.fit``; returns the validation accuracy of the last epoch."""
    return _fit(_net(data, seed), data, recipe, folder, [], CHUNK)


def loop_cut_off(data: Dataset, recipe: Recipe) -> str:
    """Describe the difference that a kill makes with this project's loop."""
    whole, again = _net(data, 0), _net(data, 0)
    Fit(whole, data, recipe, seed=0).run()
    chunks = iter([False, False, True])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.npz"
        try:
            Fit(_net(data, 0), data, recipe, seed=0, path=path, interrupted=lambda: next(chunks)).run()
        except Interrupted:
            Fit(again, data, recipe, seed=0, path=path).run()
    return _difference(whole, again)


def fit_cut_off(data: Dataset, recipe: Recipe) -> str:
    """Describe the difference that a kill makes with ``Model.fit``."""
    whole, again = _net(data, 0), _net(data, 0)
    with tempfile.TemporaryDirectory() as folder:
        _fit(whole, data, recipe, Path(folder), [], 1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            _fit(_net(data, 0), data, recipe, Path(folder), [_CutOff()], 1)
        except _CutOffError:
            runtime.seed(0, deterministic=False)
            _fit(again, data, recipe, Path(folder), [], 1)
    return _difference(whole, again)


def _fit(
    model: keras.Model,
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    callbacks: list[keras.callbacks.Callback],
    steps_per_execution: int,
) -> float:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        _adam(recipe, len(data.train)), loss, metrics=["accuracy"], steps_per_execution=steps_per_execution
    )
    history = model.fit(
        _pictures(data.train),
        data.train.labels,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        verbose=0,
        validation_data=(_pictures(data.validation), data.validation.labels),
        validation_batch_size=500,
        callbacks=[
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.BackupAndRestore(folder / "backup"),
            *callbacks,
        ],
    )
    return float(history.history["val_accuracy"][-1])


def _adam(recipe: Recipe, pictures: int) -> keras.optimizers.Adam:
    """Return Adam with the recipe's schedule and weight averaging, for so many training pictures."""
    steps = recipe.epochs * (pictures // recipe.batch_size)
    schedule = optimizers.one_cycle(recipe.learning_rate, steps, recipe.warm_up)
    return keras.optimizers.Adam(schedule, use_ema=True, ema_momentum=recipe.averaging)


def _net(data: Dataset, seed: int) -> keras.Sequential:
    keras.backend.clear_session()
    runtime.seed(seed, deterministic=False)
    return models.build(_ARCHITECTURE, Options(), len(data.labels))


def _pictures(part: Split) -> NDArray[np.float32]:
    return part.images[..., None].astype(np.float32) / 255.0


def _difference(whole: keras.Model, again: keras.Model) -> str:
    most = max(
        float(np.abs(ours - theirs).max())
        for ours, theirs in zip(whole.get_weights(), again.get_weights(), strict=True)
    )
    return "the same weights" if most == 0 else f"weights differ by up to {most:.2g}"
