"""The sizes at which pages are analysed."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_SIDE = 140
"""Smaller pages are enlarged, so that strokes of a single pixel have room."""
THUMBNAIL_PIXELS = 50_000
"""What is smooth or large is looked for on a copy that has no more."""


def enlarged(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plane whose longer side has at least ``LEAST_SIDE`` pixels."""
    factor = -(-LEAST_SIDE // max(plane.shape))
    if factor <= 1:
        return plane
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def thumbnail(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of at most ``THUMBNAIL_PIXELS``; see ``reduced``."""
    return reduced(plane, math.ceil(math.sqrt(plane.size / THUMBNAIL_PIXELS)))


def fitted(plane: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A copy whose longer side has at most ``side`` pixels; see ``reduced``."""
    return reduced(plane, math.ceil(max(plane.shape) / side))


def reduced(plane: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Divide the sides by a whole number, which is many times as fast as averaging areas by any other.

    What is left over at the right and at the bottom is lost.
    """
    if factor <= 1:
        return plane
    height, width = max(1, plane.shape[0] // factor), max(1, plane.shape[1] // factor)
    whole = plane[: height * factor, : width * factor]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
