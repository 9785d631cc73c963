"""Fitting: schedule, loss, order, averages, checkpoints, and that an interruption changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from training import datasets, models
from training.architectures import Options
from training.datasets import Dataset
from training.errors import FittingFailed, Interrupted, RunFolderError
from training.fitting import checkpoint, optimizers
from training.fitting.averaging import WeightAverage
from training.fitting.checkpoint import Progress
from training.fitting.loop import CHUNK, Fit, Fitted
from training.progress import Reporter
from training.recipes import Recipe

RECIPE = Recipe(epochs=3, batch_size=8, augmentation="light", averaging=0.9)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return datasets.load("digits", seed=1)


def fresh(architecture: str = "dense-128", dropout: float | None = None) -> keras.Sequential:
    keras.utils.set_random_seed(5)
    units = 4 if architecture == "cnn-small" else 16
    return models.build(architecture, Options(units=units, dropout=dropout), classes=10)


class AfterChunks:
    """Interrupts the fit after a number of chunks."""

    def __init__(self, chunks: int) -> None:
        self.left = chunks

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_the_learning_rate_rises_then_falls_almost_to_zero() -> None:
    schedule = optimizers.one_cycle(peak=1.0, steps=100)
    rates = [float(schedule(tf.constant(step))) for step in (0, 25, 60, 100, 200)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(1.0)
    assert 0.2 < rates[2] < 0.8
    assert rates[3] == rates[4] == pytest.approx(0.01)


def test_label_smoothing_spreads_a_share_over_all_classes() -> None:
    logits = tf.constant([[2.0, 0.0, 0.0, 0.0]])
    labels = tf.constant([0])
    smoothed = float(optimizers.loss(Recipe(1, label_smoothing=0.4), 4)(labels, logits)[0])
    log_shares = np.log(np.exp(logits.numpy()[0]) / np.exp(logits.numpy()[0]).sum())
    assert smoothed == pytest.approx(-(0.7 * log_shares[0] + 0.1 * log_shares[1:].sum()), rel=1e-5)


def test_mean_squared_error_is_that_of_the_probabilities() -> None:
    loss = optimizers.loss(Recipe(1, loss="mean-squared-error"), 2)
    assert float(loss(tf.constant([0]), tf.constant([[0.0, 0.0]]))[0]) == pytest.approx(0.25)


def test_an_average_follows_the_weights_and_gives_them_back() -> None:
    model = fresh()
    average = WeightAverage(model, decay=0.5)
    before = model.get_weights()
    model.set_weights([weight + 1.0 for weight in before])
    average.update(tf.constant(1000))
    with average.in_place():
        np.testing.assert_allclose(model.get_weights()[0], before[0] + 0.5, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], before[0] + 1.0, rtol=1e-5)


def test_training_learns(data: Dataset) -> None:
    fitted = Fit(fresh(), data, replace(RECIPE, epochs=6, augmentation="none"), seed=1).run()
    assert fitted.history[-1]["val_accuracy"] > 0.8
    assert fitted.history[-1]["loss"] < fitted.history[0]["loss"]
    assert set(fitted.history[0]) >= {"val_precision", "val_recall", "val_loss", "accuracy", "seconds"}


def test_training_ends_after_the_epoch_that_reaches_the_target(data: Dataset) -> None:
    fitted = Fit(
        fresh(), data, replace(RECIPE, epochs=50, target_accuracy=0.5, augmentation="none"), seed=1
    ).run()
    assert len(fitted.history) < 50
    assert fitted.history[-1]["val_accuracy"] >= 0.5
    assert all(row["val_accuracy"] < 0.5 for row in fitted.history[:-1])


def trained(data: Dataset, architecture: str, path: Path, chunks: int) -> tuple[Fitted, list[np.ndarray]]:
    """Train to the end, interrupted after every ``chunks`` chunks and continued in a new object."""
    while True:
        model = fresh(architecture, dropout=0.3)
        fit = Fit(model, data, replace(RECIPE, epochs=2), seed=1, path=path, interrupted=AfterChunks(chunks))
        try:
            return fit.run(), model.get_weights()
        except Interrupted:
            continue


@pytest.mark.usefixtures("deterministic")
@pytest.mark.parametrize("architecture", ["dense-128", "cnn-small"])
def test_an_interrupted_fit_ends_with_exactly_the_weights_of_an_uninterrupted_one(
    data: Dataset, architecture: str, tmp_path: Path
) -> None:
    assert len(data.train) // RECIPE.batch_size > 2 * CHUNK, "it must be interrupted within epochs, too"
    whole, weights = trained(data, architecture, tmp_path / "whole.npz", chunks=1000)
    parts, weights_of_parts = trained(data, architecture, tmp_path / "parts.npz", chunks=3)
    for one, other in zip(weights, weights_of_parts, strict=True):
        np.testing.assert_array_equal(one, other)
    without_time = [{k: v for k, v in row.items() if k != "seconds"} for row in whole.history]
    assert without_time == [{k: v for k, v in row.items() if k != "seconds"} for row in parts.history]


def test_a_learning_rate_that_is_too_high_is_named(data: Dataset) -> None:
    recipe = replace(RECIPE, augmentation="none", optimizer="sgd", learning_rate=1e30, schedule="constant")
    with pytest.raises(FittingFailed, match=r"the loss is .* a learning rate of 1e\+30 is too high"):
        Fit(fresh(), data, recipe, seed=1).run()


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    progress = Progress(epoch=2, step=7, loss_sum=1.5, best=(0.9, -0.1), history=[{"epoch": 1, "loss": 0.5}])
    arrays = [np.arange(n, dtype=np.float32) for n in range(12)]
    checkpoint.save(tmp_path / "c.npz", progress, {"model": arrays, "best": []})
    loaded = checkpoint.load(tmp_path / "c.npz")
    assert loaded is not None
    assert loaded.progress == progress
    for one, other in zip(loaded.arrays["model"], arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_incomplete_checkpoint_leaves_the_previous_one(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    checkpoint.save(path, Progress(epoch=1), {"model": [np.zeros(3)]})
    (tmp_path / ".c.npz.new").write_bytes(b"half of a file")
    loaded = checkpoint.load(path)
    assert loaded is not None
    assert loaded.progress.epoch == 1


@pytest.fixture(scope="module")
def begun(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a training that was asked to end."""
    path = tmp_path_factory.mktemp("begun") / "c.npz"
    with pytest.raises(Interrupted):
        Fit(fresh(), data, RECIPE, seed=1, path=path, interrupted=AfterChunks(1)).run()
    return path


def other_software(stored: str) -> str:
    body = json.loads(stored)
    body["software"]["keras"] = "1.0"
    return json.dumps(body)


def test_a_training_continues_only_with_the_recipe_it_started_with(data: Dataset, begun: Path) -> None:
    other = replace(RECIPE, learning_rate=0.5)
    with pytest.raises(RunFolderError, match=r"recipe learning_rate is 0.5, was 0.001.*new --run-dir"):
        Fit(fresh(), data, other, seed=1, path=begun).run()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda: fresh(dropout=0.5), "the architecture has 4 layers, had 3"),
        (lambda: models.build("dense-128", Options(units=32), 10), "layer 2 is Dense .*32.*was Dense .*16"),
    ],
)
def test_a_training_continues_only_with_the_architecture_it_started_with(
    data: Dataset, other: Callable[[], keras.Model], told: str, begun: Path
) -> None:
    with pytest.raises(RunFolderError, match=told):
        Fit(other(), data, RECIPE, seed=1, path=begun).run()


def test_a_training_continues_only_with_the_data_it_started_with(data: Dataset, begun: Path) -> None:
    changed = replace(data, sha256={**data.sha256, "train-images-idx3-ubyte": "0"})
    with pytest.raises(RunFolderError, match="data train-images-idx3-ubyte is '0', was '"):
        Fit(fresh(), changed, RECIPE, seed=1, path=begun).run()


@pytest.mark.parametrize(
    ("rewritten", "told"),
    [(other_software, "software keras is .*, was '1.0'"), (lambda _: "", "was written by release 0.1")],
)
def test_a_training_continues_only_with_the_software_it_started_with(
    data: Dataset, rewritten: Callable[[str], str], told: str, begun: Path, tmp_path: Path
) -> None:
    stored = checkpoint.load(begun)
    assert stored is not None
    path = tmp_path / "c.npz"
    checkpoint.save(path, stored.progress, stored.arrays, rewritten(stored.origin))
    with pytest.raises(RunFolderError, match=told):
        Fit(fresh(), data, RECIPE, seed=1, path=path).run()


def test_the_reporter_gets_the_line_of_the_callback_that_stopped_the_training(data: Dataset) -> None:
    lines: list[str] = []
    recipe = replace(RECIPE, epochs=50, target_accuracy=0.5, augmentation="none")
    Fit(fresh(), data, recipe, seed=1, reporter=Reporter(lines.append, bar=False)).run()
    assert lines[-1].startswith("StopAtAccuracy ends the training after epoch")
    assert lines[-1].endswith("has reached the target of 0.5")


@pytest.mark.parametrize(("augmentation", "there"), [("light", True), ("none", False)])
def test_a_training_with_augmentation_is_also_evaluated_on_unchanged_pictures(
    data: Dataset, augmentation: str, there: bool
) -> None:
    recipe = replace(RECIPE, epochs=1, augmentation=augmentation)
    (row,) = Fit(fresh(), data, recipe, seed=1).run().history
    assert ("clean_accuracy" in row) == ("clean_loss" in row) == there
