"""One recipe trained in two ways: by our loop, and by ``keras.Model.fit`` with standard callbacks."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training import models, runtime
from training.config import Options
from training.datasets import Dataset, Split
from training.errors import Interrupted
from training.fitting import optimizers
from training.fitting.loop import CHUNK, Fit
from training.recipes import Recipe

_ARCHITECTURE = "cnn-small"
_CUT_AFTER = 110  # steps; an epoch of the small digits has 80 or so


class _CutOffError(Exception):
    """Stands for the kill."""


class _CutOff(keras.callbacks.Callback):
    """Ends a training in the middle of an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras' signature
        self._steps += 1
        if self._steps >= _CUT_AFTER:
            raise _CutOffError


def loop(data: Dataset, recipe: Recipe, seed: int, folder: Path) -> float:
    """Train with our loop; the validation accuracy of its last epoch."""
    fitted = Fit(_net(data, seed), data, recipe, seed=seed, path=folder / "checkpoint.npz").run()
    return fitted.history[-1]["val_accuracy"]


def fit(data: Dataset, recipe: Recipe, seed: int, folder: Path) -> float:
    """Train with ``Model.fit``; the validation accuracy of its last epoch."""
    return _fit(_net(data, seed), data, recipe, folder, [], CHUNK)


def loop_cut_off(data: Dataset, recipe: Recipe) -> str:
    """What a kill changes in our loop."""
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
    """What a kill changes in ``Model.fit``."""
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
    steps = len(data.train) // recipe.batch_size
    optimizer = keras.optimizers.Adam(
        optimizers.one_cycle(recipe.learning_rate, recipe.epochs * steps, recipe.warm_up),
        use_ema=True,
        ema_momentum=recipe.averaging,
    )
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution,
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
