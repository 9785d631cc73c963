"""Stroke widths: strokes of any pen and scale are normalised to MNIST's width."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

THINNEST, THICKEST = 2.4, 3.8
"""The stroke widths that are kept, in pixels of the 20x20 box: MNIST's usual range."""

_RIDGE = np.ones((3, 3), np.uint8)


def stroke_width(mask: NDArray[np.uint8]) -> float:
    """Return the typical width of the strokes, in pixels.

    On the ridge of the distance transform, the distance to the background is half the width.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink, with at least one such pixel.
    """
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = _distance(padded)
    ridge = (distance >= cv2.dilate(distance, _RIDGE)) & (distance > 0)
    return float(2.0 * _median(distance[ridge]) - 1.0)


def normalise_stroke_width(
    mask: NDArray[np.uint8], width: float, box: float
) -> tuple[NDArray[np.uint8], str | None]:
    """Thicken or thin the strokes of a mark into MNIST's range.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink, with room around the mark.
        width: typical width of its strokes, in pixels, as ``stroke_width`` returns it.
        box: number of pixels of the mask per pixel of the 20x20 box.

    Returns:
        The mask, and the name of the step if it was changed.
    """
    width /= box
    if width < THINNEST:
        grow = (THINNEST - width) * box / 2
        return _as_mask(_distance(cv2.bitwise_not(mask)) <= grow), "thickened"
    if width > THICKEST:
        shrink = (width - THICKEST) * box / 2
        thinned = _as_mask(_distance(mask) > shrink)
        return (thinned, "thinned") if thinned.any() else (mask, None)
    return mask, None


def _median(values: NDArray[np.float32]) -> np.float32:
    """Return the median, as ``np.median`` but without its check for NaN."""
    middle = (values.size - 1) // 2, values.size // 2
    low, high = np.partition(values, middle)[list(middle)]
    return np.float32((low + high) / np.float32(2))


def _distance(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the distance of each pixel to the nearest 0, in pixels, accurate to 2 %."""
    distance: NDArray[np.float32] = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance


def _as_mask(chosen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return chosen.view(np.uint8) * np.uint8(255)
