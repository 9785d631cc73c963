"""The augmentation of digits is the same for the same seed, keeps its range, and works in a graph."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import RECIPE_INK
from training.augmentation import STRENGTHS, augmenter
from training.augmentation.geometry import Reach, warp

Pixels = NDArray[np.uint8]
SEED = (3, 14)


@pytest.fixture(scope="module")
def batch(all_digits: Pixels) -> tf.Tensor:
    """64 digits as the model takes them."""
    return tf.constant(all_digits[:64, :, :, None] / np.float32(255))


@pytest.mark.parametrize("strength", ["light", "strong"])
def test_the_same_seed_gives_the_same_pictures(strength: str, batch: tf.Tensor) -> None:
    augment = augmenter(RECIPE_INK, strength)
    assert augment is not None
    in_graph = tf.function(augment)
    once, again = (in_graph(batch, tf.constant(SEED)).numpy() for _ in range(2))
    other = in_graph(batch, tf.constant((3, 15))).numpy()
    assert np.array_equal(once, again)
    assert not np.allclose(once, other)


@pytest.mark.parametrize("strength", ["light", "strong"])
def test_shape_and_range_are_kept(strength: str, batch: tf.Tensor) -> None:
    augment = augmenter(RECIPE_INK, strength)
    assert augment is not None
    changed = augment(batch, tf.constant(SEED)).numpy()
    assert changed.shape == (64, 28, 28, 1)
    assert changed.dtype == np.float32
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0


@pytest.mark.parametrize("strength", ["light", "strong"])
def test_the_digit_stays_in_the_picture(strength: str, batch: tf.Tensor) -> None:
    augment = augmenter(RECIPE_INK, strength)
    assert augment is not None
    ink_before = batch.numpy().sum(axis=(1, 2, 3))
    ink_after = augment(batch, tf.constant(SEED)).numpy().sum(axis=(1, 2, 3))
    assert (ink_after > 0.25 * ink_before).all()


def test_no_reach_changes_nothing(batch: tf.Tensor) -> None:
    still = Reach(turn=0.0, shear=0.0, scale=0.0, aspect=0.0, shift=0.0)
    assert np.allclose(warp(batch, tf.constant(SEED), still).numpy(), batch.numpy(), atol=1e-5)


def test_each_picture_of_a_batch_is_changed_in_its_own_way(batch: tf.Tensor) -> None:
    augment = augmenter(RECIPE_INK, "strong")
    assert augment is not None
    same = tf.repeat(batch[:1], 8, axis=0)
    changed = augment(same, tf.constant(SEED)).numpy()
    assert len({picture.tobytes() for picture in changed}) == 8


def test_none_is_none_and_unknown_strengths_are_named() -> None:
    assert augmenter(RECIPE_INK, "none") is None
    with pytest.raises(ValueError, match=", ".join(STRENGTHS)):
        augmenter(RECIPE_INK, "wild")


def test_strong_leaves_half_of_the_pictures_clean(batch: tf.Tensor) -> None:
    augment = augmenter(RECIPE_INK, "strong")
    assert augment is not None
    corners = augment(batch, tf.constant(SEED)).numpy()[:, :2, :2, 0]
    speckled = (corners > 0.01).any(axis=(1, 2))
    assert not speckled[:32].any()
    assert speckled[32:].any()
