"""Pictures that already have MNIST's format, and pass unchanged.

MNIST fits each digit into 20x20 and puts its centre of mass in the middle of 28x28 (LeCun et al. 1998). All
its 70,000 pictures satisfy the bounds below; other drawings of 28x28 rarely do.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE

_LONGEST = (19, 20)
_MIDDLE = (13.45, 14.55)
_LEAST_BLACK = 430
_LEAST_WHITE = 200
"""The least brightest pixel that passes: other data sets may be slightly below white."""
_PLACES = np.arange(IMAGE_SIDE)


def is_mnist_format(grey: NDArray[np.uint8]) -> bool:
    """Return whether a picture has MNIST's format: white on black, 20 long, centre of mass in the middle.

    Args:
        grey: uint8 ``[H, W]``.
    """
    if grey.shape != (IMAGE_SIDE, IMAGE_SIDE) or grey[0, 0] or grey[-1, -1]:
        return False
    if IMAGE_SIDE * IMAGE_SIDE - np.count_nonzero(grey) < _LEAST_BLACK:
        return False
    rows, columns = grey.sum(axis=1, dtype=np.int64), grey.sum(axis=0, dtype=np.int64)
    total = int(rows.sum())
    if not total:
        return False
    longest = max(_extent(rows), _extent(columns))
    return (
        _LONGEST[0] <= longest <= _LONGEST[1]
        and _MIDDLE[0] <= int(rows @ _PLACES) / total <= _MIDDLE[1]
        and _MIDDLE[0] <= int(columns @ _PLACES) / total <= _MIDDLE[1]
    )


def with_full_range(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Stretch the tones of a picture unless its brightest pixel is nearly white, as in all of MNIST.

    Args:
        grey: uint8 ``[28, 28]``, white on black.

    Returns:
        uint8 ``[28, 28]``, and the steps done.
    """
    brightest = int(grey.max())
    if brightest >= _LEAST_WHITE:
        return grey, ()
    return cv2.convertScaleAbs(grey, alpha=255.0 / brightest), ("stretched to its tones",)


def _extent(profile: NDArray[np.int64]) -> int:
    inked = profile.nonzero()[0]
    return int(inked[-1] - inked[0]) + 1
