"""The sizes at which pages are analysed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_SIDE = 140
"""Smaller pages are enlarged, so that strokes of a single pixel have room."""
THUMBNAIL_SIDE = 224
"""What is smooth or large is looked for on a copy that is no larger."""


def enlarged(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plane whose longer side has at least ``LEAST_SIDE`` pixels."""
    factor = -(-LEAST_SIDE // max(plane.shape))
    if factor <= 1:
        return plane
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def thumbnail(plane: NDArray[np.uint8], side: int = THUMBNAIL_SIDE) -> NDArray[np.uint8]:
    """A copy whose longer side has at most ``side`` pixels.

    Areas are averaged by a whole factor, which is many times as fast as by any other; what is left over at
    the right and at the bottom is lost.
    """
    factor = -(-max(plane.shape) // side)
    if factor <= 1:
        return plane
    height, width = max(1, plane.shape[0] // factor), max(1, plane.shape[1] // factor)
    whole = plane[: height * factor, : width * factor]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
