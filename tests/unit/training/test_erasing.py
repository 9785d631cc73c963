"""Light augmentation of clothing: pictures mirrored and moved, rectangles of half of them blanked."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import RECIPE_GARMENT
from training.augmentation import augmenter

REACH = 2  # pixels by which a picture is moved at most
LONGEST = 12  # side of a blanked rectangle

Images = NDArray[np.float32]


def light(images: Images, step: int = 0) -> Images:
    augment = augmenter(RECIPE_GARMENT, "light")
    assert augment is not None
    made: Images = augment(tf.constant(images), tf.constant([7, step], tf.int32)).numpy()
    return made


def moved(images: Images) -> Images:
    """Each picture at every position that it may be moved to, mirrored or not: ``[50, N, 28, 28, 1]``."""
    wide = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH), (0, 0)))
    places = range(2 * REACH + 1)
    ahead = [wide[:, row : row + 28, column : column + 28] for row, column in product(places, places)]
    wide = wide[:, :, ::-1]
    back = [wide[:, row : row + 28, column : column + 28] for row, column in product(places, places)]
    return np.stack(ahead + back)


@pytest.fixture(scope="module")
def blanked() -> NDArray[np.bool_]:
    """Where white pictures became black, away from the edges that moving leaves: ``[N, 24, 24]``."""
    made = light(np.ones((2000, 28, 28, 1), np.float32))
    return np.equal(made[:, REACH:-REACH, REACH:-REACH, 0], 0)


def test_about_half_of_the_garments_lose_something(blanked: NDArray[np.bool_]) -> None:
    assert 0.43 < blanked.any((1, 2)).mean() < 0.54  # a few rectangles lie on the edge alone


def test_one_rectangle_of_up_to_12_by_12_pixels_is_erased(blanked: NDArray[np.bool_]) -> None:
    rows, columns = np.asarray(blanked.any(2)), np.asarray(blanked.any(1))
    np.testing.assert_array_equal(blanked, rows[:, :, None] & columns[:, None, :])
    assert rows.sum(1).max() == columns.sum(1).max() == LONGEST
    for side in (rows, columns):
        assert (np.abs(np.diff(side.astype(int), axis=1)).sum(1) <= 2).all()  # without a gap


def test_no_pixel_is_brightened_or_otherwise_changed() -> None:
    images = np.random.default_rng(0).uniform(0.1, 1.0, (64, 28, 28, 1)).astype(np.float32)
    made = light(images)
    kept_or_blank = ((made == moved(images)) | (made == 0)).all((2, 3, 4))
    assert kept_or_blank.any(0).all()
    assert (made.mean((1, 2, 3)) > 0.6 * images.mean((1, 2, 3))).all()  # and most of it is left


def test_the_seed_determines_what_is_erased() -> None:
    images = np.ones((64, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(light(images, 1), light(images, 1))
    assert (light(images, 1) != light(images, 2)).any()
