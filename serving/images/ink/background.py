"""Uneven paper made even: the background is estimated and divided out; what is left is the ink's darkness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BLACK = 200
"""The darkness of ink that reflects no light; 0 is paper. Paper that is brighter than its surroundings
takes the rest of the 8 bits in ``reflectance``."""

_THUMBNAIL = 128
_REACH = 0.14
_DIMMEST = 38


def reflectance(plane: NDArray[np.uint8], background: NDArray[np.uint8] | int) -> NDArray[np.uint8]:
    """How much light each pixel reflects compared with its background: ``BLACK`` for paper, 0 for black.

    Args:
        plane: uint8 ``[H, W]``, dark ink on a light background.
        background: the tone of the background, of the same shape or one for all.
    """
    if isinstance(background, int):
        table = np.minimum(np.arange(256) * (BLACK / max(background, _DIMMEST)), 255)
        return cv2.LUT(plane, np.rint(table).astype(np.uint8))
    return cv2.divide(plane, cv2.max(background, _DIMMEST), scale=BLACK)


def estimate_background(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate the paper under the ink.

    A grey closing (dilation, then erosion) wider than any stroke removes the ink and keeps shadows. It is
    done on a thumbnail, since paper is smooth.

    Args:
        plane: uint8 ``[H, W]``, dark ink on a light background.

    Returns:
        The tone of the paper, uint8 ``[H, W]``.
    """
    height, width = plane.shape
    scale = _THUMBNAIL / max(height, width)
    size = max(4, round(width * scale)), max(4, round(height * scale))
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    reach = max(3, round(_REACH * max(size))) | 1
    box = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    closed = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, box, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(closed, (0, 0), reach / 4, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
