"""Clothing is augmented within its range, the same for the same seed, and stays clothing."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import RECIPE_GARMENT
from training.augmentation import augmenter

tf = pytest.importorskip("tensorflow")
Images = NDArray[np.float32]
COUNT = 512


@pytest.fixture(scope="module")
def garments(datasets_dir: Path) -> Images:
    """The first pictures of the data set, float32 0..1."""
    packed = datasets_dir / "fashion_mnist" / "train-images-idx3-ubyte.gz"
    with gzip.open(packed) as file:
        pixels = np.frombuffer(file.read(16 + COUNT * 784), np.uint8, offset=16)
    return pixels.reshape(-1, 28, 28, 1).astype(np.float32) / np.float32(255.0)


def _augment(strength: str) -> Any:  # noqa: ANN401 (a traced function)
    augment = augmenter(RECIPE_GARMENT, strength)
    assert augment is not None
    return tf.function(augment)


@pytest.fixture(params=["light", "strong"])
def augment(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 (a traced function)
    return _augment(request.param)


def _seed(step: int) -> Any:  # noqa: ANN401 (a tensor)
    return tf.constant([7, step], tf.int32)


def test_shape_dtype_and_range_stay(augment: Any, garments: Images) -> None:  # noqa: ANN401
    made = augment(tf.constant(garments), _seed(1))
    assert made.shape == garments.shape
    assert made.dtype == tf.float32
    assert np.isfinite(made.numpy()).all()
    assert made.numpy().min() >= 0.0
    assert made.numpy().max() <= 1.0


def test_the_same_seed_gives_the_same_pictures_and_another_does_not(
    augment: Any,  # noqa: ANN401
    garments: Images,
) -> None:
    images = tf.constant(garments)
    first = augment(images, _seed(1)).numpy()
    assert np.array_equal(first, augment(images, _seed(1)).numpy())
    assert not np.array_equal(first, augment(images, _seed(2)).numpy())


def test_about_half_are_mirrored_when_light(garments: Images) -> None:
    lopsided = np.zeros_like(garments)
    lopsided[:, :, :10] = 1.0
    made = _augment("light")(tf.constant(lopsided), _seed(3)).numpy()
    mirrored = made[:, :, 14:].sum((1, 2, 3)) > made[:, :, :14].sum((1, 2, 3))
    assert 0.4 < mirrored.mean() < 0.6


def test_strong_keeps_a_share_of_the_pictures_as_they_are_but_for_the_mirror(garments: Images) -> None:
    made = _augment("strong")(tf.constant(garments), _seed(4)).numpy()
    same = (made == garments).all((1, 2, 3)) | (made == garments[:, :, ::-1]).all((1, 2, 3))
    assert 0.4 < same.mean() < 0.6


def test_no_garment_is_lost(garments: Images) -> None:
    made = _augment("strong")(tf.constant(garments), _seed(5)).numpy()
    assert (made.max((1, 2, 3)) > 0.1).mean() > 0.99


def test_a_black_picture_stays_finite(augment: Any) -> None:  # noqa: ANN401
    assert np.isfinite(augment(tf.zeros((8, 28, 28, 1)), _seed(6)).numpy()).all()
