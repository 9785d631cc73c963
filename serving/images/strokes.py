"""Strokes made as thick as MNIST's, whatever pen and scale they were drawn with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

THINNEST, THICKEST = 2.4, 3.8
"""Stroke widths that are left alone, in pixels of the 20x20 box: MNIST's usual range."""


def stroke_width(mask: NDArray[np.bool_]) -> float:
    """The typical width of the strokes in pixels.

    Along the ridge of the distance transform the distance to the ground is half the width.

    Args:
        mask: bool ``[H, W]`` with at least one True.
    """
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))
    ridge = (distance >= ndimage.maximum_filter(distance, size=3)) & (distance > 0)
    return float(2.0 * np.median(distance[ridge]) - 1.0)


def even(mask: NDArray[np.bool_], box: float) -> tuple[NDArray[np.bool_], str | None]:
    """Thicken or thin the strokes of a mark into MNIST's range.

    Args:
        mask: bool ``[H, W]``, with room around the mark.
        box: pixels of the mask to one pixel of the 20x20 box.

    Returns:
        The mark and the name of what was done, if anything was.
    """
    width = stroke_width(mask) / box
    if width < THINNEST:
        grow = (THINNEST - width) * box / 2
        return ndimage.distance_transform_edt(~mask) <= grow, "thickened"
    if width > THICKEST:
        shrink = (width - THICKEST) * box / 2
        thinned = ndimage.distance_transform_edt(mask) > shrink
        return (thinned, "thinned") if thinned.any() else (mask, None)
    return mask, None
