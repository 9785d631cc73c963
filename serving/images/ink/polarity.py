"""Polarity, dark on light or light on dark: by the border, or by how the ink differs from the paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.histogram import histogram, percentile
from serving.images.ink.sizes import fitted

_EVEN = 0.12
_FINE, _COARSE = 128, 33


def border_of(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels of the border, 3 % of the shorter side wide, as one row."""
    wide = max(1, round(0.03 * min(plane.shape)))
    sides = (plane[:wide], plane[-wide:], plane[wide:-wide, :wide], plane[wide:-wide, -wide:])
    return np.concatenate([side.ravel() for side in sides])


def border_tone(plane: NDArray[np.uint8]) -> int | None:
    """Return the median tone of the border if nine tenths of it are alike, else None.

    Drawings and clean scans have such a border.
    """
    counts = histogram(border_of(plane))
    low, high, _, _ = cv2.minMaxLoc(plane)
    if percentile(counts, 95) - percentile(counts, 5) >= _EVEN * max(high - low, 1.0):
        return None
    return percentile(counts, 50)


def is_light_on_dark(plane: NDArray[np.uint8], small: NDArray[np.uint8], border: int | None) -> bool:
    """Decide the polarity.

    Args:
        plane: uint8 ``[H, W]``.
        small: its thumbnail.
        border: the tone of an even border, or None, as ``border_tone`` returns it.

    Returns:
        True if the marks are lighter than their background.
    """
    if border is not None:
        low, high, _, _ = cv2.minMaxLoc(plane)
        return bool(2 * border < low + high)
    fine = fitted(small, _FINE)
    smooth = cv2.medianBlur(fitted(fine, _COARSE), _COARSE // 3)
    ground = cv2.resize(smooth, fine.shape[::-1], interpolation=cv2.INTER_LINEAR)
    outstanding = fine.astype(np.float32) - ground
    return bool(np.mean(outstanding * outstanding * outstanding) > 0)
