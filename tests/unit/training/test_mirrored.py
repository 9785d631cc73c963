"""Tests of averaging over a picture and its mirror image."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from training import models, ood, recipes
from training.architectures import Options
from training.datasets import CATALOGUE
from training.mirrored import flip_averaged


def test_a_picture_and_its_mirror_image_get_the_same_answer_which_is_the_mean_of_both() -> None:
    plain = ood.instrumented(models.build("cnn-small", Options(units=4), classes=10))
    images = tf.constant(np.random.default_rng(0).random((3, 28, 28, 1), np.float32))
    averaged = flip_averaged(plain)
    ahead, back = plain(images), plain(images[:, :, ::-1])
    for seen, features in ((images, ahead[1]), (images[:, :, ::-1], back[1])):
        both = averaged(seen)
        np.testing.assert_allclose(both[0], (ahead[0] + back[0]) / 2, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(both[1], features, rtol=1e-4, atol=1e-5)


def test_averaging_adds_no_parameters() -> None:
    model = ood.instrumented(models.build("cnn-small", Options(), classes=10))
    assert flip_averaged(model).count_params() == model.count_params()


@pytest.mark.parametrize("profile", recipes.PROFILES)
@pytest.mark.parametrize("dataset", sorted(CATALOGUE))
def test_only_what_was_trained_on_mirror_images_averages_over_them(dataset: str, profile: str) -> None:
    recipe = recipes.recipe_for(dataset, "cnn", profile)
    assert not recipe.mirrored or (dataset == "fashion_mnist" and recipe.augmentation != "none")
