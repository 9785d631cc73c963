"""The step from a fitted model to a servable one: its temperature and its score for strangers."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from training import calibration, datasets, doubt, synthetic
from training.datasets import Dataset
from training.fitting.loop import Fit
from training.models import assemble
from training.recipes import Recipe


@pytest.fixture(scope="module")
def data() -> Dataset:
    return datasets.load("digits", seed=1)


@pytest.fixture(scope="module")
def unaugmented(data: Dataset) -> keras.Sequential:
    """A network trained on unchanged pictures only."""
    keras.utils.set_random_seed(5)
    body = [layers.Flatten(), layers.Dense(64, activation="relu", name="hidden"), layers.Dense(10)]
    model = assemble(body, 10)
    Fit(model, data, Recipe(epochs=8, batch_size=32, learning_rate=0.003), seed=1).run()
    return model


def plain_temperature(model: keras.Sequential, data: Dataset) -> float:
    images = data.validation.images[..., None].astype("float32") / 255
    return calibration.temperature(model.predict(images, verbose=0), data.validation.labels)


def test_the_temperature_is_fitted_on_unchanged_pictures_if_training_did_not_augment(
    unaugmented: keras.Sequential, data: Dataset
) -> None:
    found = doubt.fit(unaugmented, data, Recipe(epochs=1), seed=1)
    assert found.servable.temperature == pytest.approx(plain_temperature(unaugmented, data), rel=1e-3)


def test_the_temperature_is_fitted_on_augmented_pictures_too_if_training_augmented(
    unaugmented: keras.Sequential, data: Dataset
) -> None:
    found = doubt.fit(unaugmented, data, Recipe(epochs=1, augmentation="strong"), seed=1)
    assert found.servable.temperature > 1.2 * plain_temperature(unaugmented, data)


def test_a_net_with_a_class_for_strangers_answers_only_known_classes_and_scores_by_that_class(
    data: Dataset,
) -> None:
    keras.utils.set_random_seed(5)
    recipe = Recipe(epochs=6, batch_size=32, learning_rate=0.003, uploads=120, strangers=120, promise=0.9)
    made = synthetic.beside(data, None, recipe, seed=1)
    body = [layers.Flatten(), layers.Dense(64, activation="relu", name="hidden"), layers.Dense(11)]
    model = assemble(body, 11)
    Fit(model, replace(data, train=made.train), recipe, seed=1).run()
    found = doubt.fit(model, data, recipe, seed=1, held_out=made.held_out)
    answers = found.servable.predict(tf.constant(data.validation.images[..., None] / np.float32(255)))
    assert answers["probabilities"].shape == (len(data.validation), 10)
    assert np.allclose(answers["probabilities"].numpy().sum(axis=1), 1, atol=1e-5)
    assert np.mean(answers["ood_score"].numpy() > 0) < 0.2
    assert 0.5 < found.on_uploads["accuracy"] <= found.on_uploads["accuracy_when_ok"] + 0.05
    assert found.on_uploads["strangers_ok"] < found.on_uploads["ok"]
