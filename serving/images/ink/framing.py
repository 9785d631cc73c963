"""MNIST's frame: a mark of 20x20 with its proportions kept, its centre of mass in the middle of 28x28."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE

BOX = 20
_COVERED = 100


def crop(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a mask to the box around its non-zero pixels; there must be one."""
    left, top, width, height = cv2.boundingRect(mask)
    return mask[top : top + height, left : left + width]


def fit(grey: NDArray[np.uint8], side: int = BOX) -> NDArray[np.uint8]:
    """Resize so that the longer side is ``side`` pixels, averaging areas if that reduces the size."""
    height, width = grey.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def fit_mask(mask: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Resize a mask of 0 and 255 so that its longer side is ``side`` pixels; thin strokes do not break."""
    shrink = -(-max(mask.shape) // side)
    if shrink > 1:
        mask = cv2.dilate(mask, np.ones((shrink, shrink), np.uint8))
    return cv2.threshold(fit(mask, side), _COVERED, 255, cv2.THRESH_BINARY)[1]


def centre(grey: NDArray[np.uint8], *, by_mass: bool = True) -> NDArray[np.uint8]:
    """Place a mark in the frame.

    Args:
        grey: uint8 ``[H, W]``, both at most 28.
        by_mass: put the centre of mass in the middle, as in MNIST; if False, the middle of the box.

    Returns:
        uint8 ``[28, 28]``.
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
