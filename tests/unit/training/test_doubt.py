"""From a fitted model to one that knows its limits: what its temperature is fitted on."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from training import calibration, datasets, doubt
from training.datasets import Dataset
from training.fitting.loop import Fit
from training.models import assemble
from training.recipes import Recipe


@pytest.fixture(scope="module")
def data() -> Dataset:
    return datasets.load("digits", seed=1)


@pytest.fixture(scope="module")
def unaugmented(data: Dataset) -> keras.Sequential:
    """A net that knows its pictures as they are only."""
    keras.utils.set_random_seed(5)
    body = [layers.Flatten(), layers.Dense(64, activation="relu", name="hidden"), layers.Dense(10)]
    model = assemble(body, 10)
    Fit(model, data, Recipe(epochs=8, batch_size=32, learning_rate=0.003), seed=1).run()
    return model


def plain_temperature(model: keras.Sequential, data: Dataset) -> float:
    images = data.validation.images[..., None].astype("float32") / 255
    return calibration.temperature(model.predict(images, verbose=0), data.validation.labels)


def test_the_temperature_is_that_of_pictures_as_they_are_where_training_saw_no_others(
    unaugmented: keras.Sequential, data: Dataset
) -> None:
    found = doubt.fit(unaugmented, data, "none", seed=1)
    assert found.servable.temperature == pytest.approx(plain_temperature(unaugmented, data), rel=1e-3)


def test_pictures_drawn_otherwise_count_as_much_where_training_saw_them(
    unaugmented: keras.Sequential, data: Dataset
) -> None:
    found = doubt.fit(unaugmented, data, "strong", seed=1)
    assert found.servable.temperature > 1.2 * plain_temperature(unaugmented, data)
