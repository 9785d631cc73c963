"""Dark on light or light on dark: from the border, or from which way the ink stands out of the paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.histogram import histogram, percentile

_EVEN = 0.12
_FINE, _COARSE = 128, 33


def border_of(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of a frame around the picture, 3 % of the shorter side wide, as one row."""
    wide = max(1, round(0.03 * min(plane.shape)))
    sides = (plane[:wide], plane[-wide:], plane[wide:-wide, :wide], plane[wide:-wide, -wide:])
    return np.concatenate([side.ravel() for side in sides])


def border_tone(plane: NDArray[np.uint8]) -> int | None:
    """The median tone of the border where nine tenths of it are alike, else None.

    Drawings and clean scans have such a border.
    """
    counts = histogram(border_of(plane))
    if percentile(counts, 95) - percentile(counts, 5) >= _EVEN * max(int(np.ptp(plane)), 1):
        return None
    return percentile(counts, 50)


def is_light_on_dark(plane: NDArray[np.uint8], border: int | None) -> bool:
    """Decide the polarity.

    Args:
        plane: uint8 ``[H, W]``.
        border: the tone of an even border, see ``border_tone``.

    Returns:
        True when the marks are lighter than their ground.
    """
    if border is not None:
        return 2 * border < int(plane.min()) + int(plane.max())
    small = cv2.resize(plane, _thumbnail(plane.shape, _FINE), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(plane, _thumbnail(plane.shape, _COARSE), interpolation=cv2.INTER_AREA)
    smooth = cv2.medianBlur(coarse, _COARSE // 3)
    ground = cv2.resize(smooth, small.shape[::-1], interpolation=cv2.INTER_LINEAR)
    outstanding = small.astype(np.float32) - ground
    return bool(np.mean(outstanding**3) > 0)


def _thumbnail(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Width and height of a small copy."""
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
