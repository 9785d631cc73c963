"""The sizes at which pages are analysed, and functions that resize planes to them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_SIDE = 140
"""The shortest length of the longer side; smaller pages are enlarged, so that thin strokes have room."""
THUMBNAIL_PIXELS = 50_000
"""The most pixels of the copy on which smooth or large structures are searched."""


def enlarged(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a plane so that its longer side has at least ``LEAST_SIDE`` pixels."""
    factor = -(-LEAST_SIDE // max(plane.shape))
    if factor <= 1:
        return plane
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def thumbnail(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a plane to at most ``THUMBNAIL_PIXELS``; see ``reduced``."""
    return reduced(plane, math.ceil(math.sqrt(plane.size / THUMBNAIL_PIXELS)))


def fitted(plane: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Reduce a plane so that its longer side has at most ``side`` pixels; see ``reduced``."""
    return reduced(plane, math.ceil(max(plane.shape) / side))


def reduced(plane: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Divide the sides by a whole number, averaging areas; much faster than dividing by a fraction.

    The remainder at the right and at the bottom is cut off.
    """
    if factor <= 1:
        return plane
    height, width = max(1, plane.shape[0] // factor), max(1, plane.shape[1] // factor)
    whole = plane[: height * factor, : width * factor]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
