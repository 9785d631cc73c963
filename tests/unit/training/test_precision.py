"""Mixed precision: which layers compute in it, and that it learns."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
import tensorflow as tf

from training import datasets, models, precision, recipes
from training.architectures import Options
from training.fitting.loop import Fit
from training.recipes import Recipe
from training.sweep.experiments import PLAIN


def test_layers_in_mixed_precision_keep_float32_weights() -> None:
    with precision.computing_in(precision.MIXED):
        inside = models.build("cnn-small", Options(units=4), classes=10)
    outside = models.build("cnn-small", Options(units=4), classes=10)
    assert {layer.compute_dtype for layer in inside.layers} == {"bfloat16"}
    assert {weight.dtype for weight in inside.weights} == {"float32"}
    assert {layer.compute_dtype for layer in outside.layers} == {"float32"}


def cpu_info(folder: Path, flags: str) -> Path:
    """The text of /proc/cpuinfo for two processors with these flags."""
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: {flags}\n")
    return path


def test_a_cpu_with_amx_uses_mixed_precision_if_the_recipe_allows_it(tmp_path: Path) -> None:
    cpu = cpu_info(tmp_path, "fpu avx512_bf16 amx_bf16 amx_tile")
    assert precision.chosen(mixed=True, cpu_info=cpu) == precision.MIXED
    assert precision.chosen(mixed=False, cpu_info=cpu) == precision.FULL


def test_a_cpu_without_amx_and_one_unknown_stay_in_full_precision(tmp_path: Path) -> None:
    without = precision.MIXED if tf.config.list_physical_devices("GPU") else precision.FULL
    assert precision.chosen(mixed=True, cpu_info=tmp_path / "missing") == without
    cpu = cpu_info(tmp_path, "fpu avx512_bf16 amx_tile amx_int8 amx_bf16x")
    assert precision.chosen(mixed=True, cpu_info=cpu) == without


@pytest.mark.parametrize("dataset", sorted(datasets.CATALOGUE))
def test_every_profile_allows_mixed_precision_but_the_sweep_uses_full_precision(dataset: str) -> None:
    assert all(recipes.recipe_for(dataset, "cnn", profile).mixed for profile in recipes.PROFILES)
    assert PLAIN["mixed"] is False


def test_the_previous_precision_is_restored_after_an_error() -> None:
    with pytest.raises(KeyError), precision.computing_in(precision.MIXED):
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def test_a_net_learns_in_mixed_precision_and_its_weights_fit_a_full_precision_net() -> None:
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
