"""The UCI handwritten digits bundled with scikit-learn: 1,797 real digits that need no network.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE
from training.datasets.catalogue import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

_TEST_COUNT = 360
_INK_SIDE = 20  # MNIST's digits are 20 pixels long in a frame of 28
_FAINT = 40.0  # enlarging leaves a haze that ink on paper does not have
_SPLIT_SEED = 1998


def arrays() -> dict[str, NDArray[np.uint8]]:
    """Return images uint8 ``[N, 28, 28]`` and labels uint8 ``[N]``, by the names of the four IDX files.

    The test set is always the same 360 digits.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    images, labels = np.stack([_in_frame(image) for image in bundle.images]), bundle.target.astype(np.uint8)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
    test, train = order[:_TEST_COUNT], order[_TEST_COUNT:]
    return {
        TRAIN_IMAGES: images[train],
        TRAIN_LABELS: labels[train],
        TEST_IMAGES: images[test],
        TEST_LABELS: labels[test],
    }


def _in_frame(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Convert a digit of 8x8, 0..16, to MNIST's format: 20 long, centre of mass in the middle of 28x28."""
    from scipy.ndimage import zoom

    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    mark = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] * (255.0 / 16.0)
    grown = zoom(mark, _INK_SIDE / max(mark.shape), order=1, grid_mode=True, mode="nearest")
    grown[grown < _FAINT] = 0.0
    height, width = grown.shape
    top = round(IMAGE_SIDE / 2 - np.arange(height) @ grown.sum(axis=1) / grown.sum())
    left = round(IMAGE_SIDE / 2 - np.arange(width) @ grown.sum(axis=0) / grown.sum())
    top, left = np.clip(top, 0, IMAGE_SIDE - height), np.clip(left, 0, IMAGE_SIDE - width)
    frame = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    frame[top : top + height, left : left + width] = np.rint(grown)
    return frame
