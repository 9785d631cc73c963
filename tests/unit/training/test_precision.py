"""Mixed precision: what computes in it, what does not, and that it learns."""

from __future__ import annotations

import keras
import pytest

from training import datasets, models, precision
from training.config import Options
from training.fitting.loop import Fit
from training.recipes import Recipe


def test_layers_made_inside_compute_in_it_and_keep_float32_weights() -> None:
    with precision.computing_in(precision.MIXED):
        inside = models.build("cnn-small", Options(units=4), classes=10)
    outside = models.build("cnn-small", Options(units=4), classes=10)
    assert {layer.compute_dtype for layer in inside.layers} == {"bfloat16"}
    assert {weight.dtype for weight in inside.weights} == {"float32"}
    assert {layer.compute_dtype for layer in outside.layers} == {"float32"}


def test_the_precision_before_comes_back_after_an_error() -> None:
    with pytest.raises(KeyError), precision.computing_in(precision.MIXED):
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_a_net_learns_in_it_and_its_weights_fit_one_in_full_precision() -> None:
    data = datasets.load("digits", seed=1)
    keras.utils.set_random_seed(5)
    with precision.computing_in(precision.MIXED):
        model = models.build("dense-128", Options(), classes=10)
        fitted = Fit(model, data, Recipe(epochs=5, batch_size=16, averaging=0.9), seed=1).run()
    assert fitted.history[-1]["val_accuracy"] > 0.8
    full = models.build("dense-128", Options(), classes=10)
    full.set_weights(model.get_weights())
    answers = full.predict_on_batch(data.validation.images[..., None] / 255.0).argmax(axis=1)
    assert (answers == data.validation.labels).mean() > 0.8
