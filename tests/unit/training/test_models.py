"""The architectures: their sizes and outputs, and the errors for layers that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from keras import layers

from training import models, ood
from training.architectures import ARCHITECTURES, Options
from training.errors import FittingFailed

EXPERIMENTS = Path(__file__).parents[3] / "docs" / "experiments.md"


def parameters(architecture: str, **options: int | float) -> int:
    return models.build(architecture, Options(**options), classes=10).count_params()  # type: ignore[arg-type]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_gives_one_logit_per_class_and_features_for_doubt(architecture: str) -> None:
    model = models.build(architecture, Options(), classes=10)
    logits, features = ood.instrumented(model).output_shape
    assert logits == (None, 10)
    assert features[1] > 10


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_document_gives_the_parameters_of_every_architecture(architecture: str) -> None:
    (row,) = [row for row in EXPERIMENTS.read_text().splitlines() if row.startswith(f"| `{architecture}` |")]
    assert row.endswith(f"| {parameters(architecture):,} |")


def test_a_dense_net_has_as_many_parameters_as_the_lesson_says() -> None:
    assert parameters("dense-256") == 784 * 256 + 256 + 2_560 + 10


def test_the_convolutional_nets_for_digits_stay_under_100000_parameters() -> None:
    assert parameters("cnn") == 71_002
    assert parameters("cnn-middle") == 94_170
    assert parameters("cnn-small") < parameters("cnn") / 2


def test_the_residual_net_has_1043578_parameters_and_halves_to_14_and_7() -> None:
    model = models.build("resnet", Options(), classes=10)
    assert model.count_params() == 1_043_578
    sides = {layer.name: layer.output.shape[1] for layer in model.layers if len(layer.output.shape) == 4}
    blocks = {name: side for name, side in sides.items() if name.split("_")[-1].isdigit()}
    assert blocks == {"block_1": 28, "block_2": 14, "block_3": 14, "block_4": 7, "block_5": 7}
    assert model(np.zeros((3, 28, 28, 1), np.float32)).shape == (3, 10)


def test_units_and_layers_change_a_dense_net() -> None:
    assert parameters("dense-128", units=32) == 784 * 32 + 32 + 320 + 10
    assert parameters("dense-128", units=32, layers=2) == 784 * 32 + 32 + 32 * 32 + 32 + 320 + 10
    assert parameters("dense-deep") > parameters("dense-256")


def test_dropout_has_no_parameters() -> None:
    assert parameters("cnn-dropout", dropout=0.8) == parameters("cnn")


def test_the_summary_names_every_layer_with_its_parameters() -> None:
    table = models.summary(models.build("dense-256", Options(), classes=10))
    assert "hidden_1" in table
    assert "200,960" in table
    assert "[N, 10]" in table
    assert table.splitlines()[-1].split() == ["all", "203,530"]


def test_without_normalisation_the_net_sees_bytes() -> None:
    assert models.build("dense-128", Options(normalise=False), classes=10).layers[0].scale == 255.0


def test_a_net_without_flatten_is_explained() -> None:
    with pytest.raises(FittingFailed, match=r"gives \[N, 28, 28, 10\].*a Flatten .* is missing"):
        models.assemble([layers.Dense(128), layers.Dense(10)], classes=10)


def test_a_last_layer_that_is_too_small_is_explained() -> None:
    with pytest.raises(FittingFailed, match="has 5 neurons for labels 0 to 9: it needs 10"):
        models.assemble([layers.Flatten(), layers.Dense(5)], classes=10)


def test_a_further_convolution_leaves_the_lessons_net_with_fewer_parameters() -> None:
    assert parameters("cnn-lesson") == 320 + 9248 + (800 * 32 + 32) + 330
    assert parameters("cnn-lesson-deep") == 320 + 2 * 9248 + (288 * 32 + 32) + 330
