"""A mark put into MNIST's frame: 20x20 keeping the aspect, its centre of mass in the middle of 28x28."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from serving.contract import IMAGE_SIDE

BOX = 20
_COVERED = 100


def crop(mask: NDArray[np.bool_], margin: int = 0) -> NDArray[np.bool_]:
    """Cut a mask to what is True, with a margin of False around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], margin)


def fit(grey: NDArray[np.uint8], side: int = BOX) -> NDArray[np.uint8]:
    """Resize so that the longer side is ``side`` pixels, averaging areas."""
    height, width = grey.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(
        Image.fromarray(grey).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    )


def fit_mask(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Resize a mask so that the longer side is ``side`` pixels, keeping strokes of a single pixel."""
    shrink = -(-max(mask.shape) // side)
    full = np.where(mask, np.uint8(255), np.uint8(0))
    if shrink > 1:
        full = ndimage.maximum_filter(full, size=shrink)
    return fit(full, side) > _COVERED


def centre(grey: NDArray[np.uint8], *, by_mass: bool = True) -> NDArray[np.uint8]:
    """Place a picture of at most 28x28 in the frame.

    Args:
        grey: uint8 ``[H, W]``, both at most 28.
        by_mass: centre of mass in the middle, as MNIST does it; else the middle of the box.
    """
    height, width = grey.shape
    y, x = (height - 1) / 2, (width - 1) / 2
    if by_mass and grey.any():
        weights = grey.astype(np.float64)
        y = float(weights.sum(axis=1) @ np.arange(height) / weights.sum())
        x = float(weights.sum(axis=0) @ np.arange(width) / weights.sum())
    top = min(max(round(IMAGE_SIDE / 2 - y), 0), IMAGE_SIDE - height)
    left = min(max(round(IMAGE_SIDE / 2 - x), 0), IMAGE_SIDE - width)
    frame = np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    frame[top : top + height, left : left + width] = grey
    return frame
