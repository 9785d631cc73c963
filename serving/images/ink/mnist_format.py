"""Pictures that already have the format of MNIST, and so pass untouched.

MNIST fits each digit into 20x20 and puts its centre of mass in the middle of 28x28 (LeCun et al. 1998).
All 70,000 pictures keep to the bounds below; a drawing that merely is 28x28 rarely does.
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
"""A digit of another data set may be a little less than white; one this dark uses part of the range."""
_PLACES = np.arange(IMAGE_SIDE)


def is_mnist_format(grey: NDArray[np.uint8]) -> bool:
    """Whether a picture is in MNIST's frame: white on black, 20 long, its centre of mass in the middle.

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
    """The same picture where its brightest pixel is nearly white, as in all of MNIST; else stretched.

    Returns:
        uint8 ``[28, 28]``, and what was done.
    """
    brightest = int(grey.max())
    if brightest >= _LEAST_WHITE:
        return grey, ()
    return cv2.convertScaleAbs(grey, alpha=255.0 / brightest), ("stretched to its tones",)


def _extent(profile: NDArray[np.int64]) -> int:
    inked = profile.nonzero()[0]
    return int(inked[-1] - inked[0]) + 1
