"""UCI's handwritten digits as scikit-learn bundles them: 1,797 real digits that need no network.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.catalogue import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

_TEST_COUNT = 360
_INK_SIDE = 20  # MNIST's own digits are 20 pixels tall in a frame of 28
_MARGIN = 4
_SPLIT_SEED = 1998


def arrays() -> dict[str, NDArray[np.uint8]]:
    """Images uint8 ``[N, 28, 28]`` and labels uint8 ``[N]``; the test set is always the same 360 digits."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    images, labels = _scale(bundle.images), bundle.target.astype(np.uint8)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
    test, train = order[:_TEST_COUNT], order[_TEST_COUNT:]
    return {
        TRAIN_IMAGES: images[train],
        TRAIN_LABELS: labels[train],
        TEST_IMAGES: images[test],
        TEST_LABELS: labels[test],
    }


def _scale(images: NDArray[np.float64]) -> NDArray[np.uint8]:
    """From 8x8 with values 0..16 to 20x20, 0..255, in a black frame of 28x28."""
    from scipy.ndimage import zoom

    factor = _INK_SIDE / images.shape[1]
    grown = zoom(images * (255.0 / 16.0), (1, factor, factor), order=1, grid_mode=True, mode="nearest")
    pixels = np.rint(np.clip(grown, 0.0, 255.0)).astype(np.uint8)
    return np.pad(pixels, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)))
