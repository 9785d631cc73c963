"""Flattening of uneven paper: the background is estimated and divided out, which leaves the ink."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.sizes import fitted

BLACK = 200
"""The darkness of ink that reflects no light; paper has 0. In ``reflectance``, the values above are for paper
that is brighter than its surroundings."""

_SIDE, _LEAST_SIDE = 128, 4
_REACH = 0.14
_DIMMEST = 38


def reflectance(plane: NDArray[np.uint8], background: NDArray[np.uint8] | int) -> NDArray[np.uint8]:
    """Return how much light each pixel reflects relative to its background.

    Args:
        plane: uint8 ``[H, W]``, dark ink on a light background.
        background: tone of the background, uint8 ``[H, W]`` or one number for all pixels.

    Returns:
        uint8 ``[H, W]``, from 0 (black) to ``BLACK`` (paper) and above.
    """
    if isinstance(background, int):
        table = np.minimum(np.arange(256) * (BLACK / max(background, _DIMMEST)), 255)
        return cv2.LUT(plane, np.rint(table).astype(np.uint8))
    return cv2.divide(plane, cv2.max(background, _DIMMEST), scale=BLACK)


def estimate_background(small: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Estimate the tone of the paper under the ink.

    A grey closing (dilation, then erosion) that is wider than any stroke removes the ink and keeps shadows.
    It runs on a thumbnail, because paper is smooth.

    Args:
        small: uint8 ``[h, w]``, the thumbnail of a page with dark ink on a light background.
        shape: height and width of the page.

    Returns:
        uint8 ``[H, W]``, the tone of the paper.
    """
    tiny = fitted(small, _SIDE)
    if min(tiny.shape) < _LEAST_SIDE:
        size = max(_LEAST_SIDE, tiny.shape[1]), max(_LEAST_SIDE, tiny.shape[0])
        tiny = cv2.resize(tiny, size, interpolation=cv2.INTER_LINEAR)
    reach = max(3, round(_REACH * max(tiny.shape))) | 1
    box = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    closed = cv2.morphologyEx(cv2.medianBlur(tiny, 3), cv2.MORPH_CLOSE, box, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(closed, (0, 0), reach / 4, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(smooth, shape[1::-1], interpolation=cv2.INTER_LINEAR)
