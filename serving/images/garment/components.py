"""The pieces of a mask: the garment and its pair stay, captions, frames and dust go, small gaps close."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_WORTH = 0.12
_STRIP_THIN, _STRIP_LONG = 0.15, 0.9
_GAP = 0.004


def main_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest piece and those worth an eighth of it, unless they are strips along the border.

    Watermarks, captions and dust go; the second shoe of a pair stays.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count < 3:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    # A strip is at least nine tenths of a side long: what is smaller need not be looked at.
    for index in np.flatnonzero(
        stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA].max(axis=1) > _STRIP_LONG * min(mask.shape)
    ):
        if _is_strip(stats[index], mask.shape):
            areas[index] = 0
    if not areas.any():
        return mask
    return (areas >= _WORTH * areas.max())[labels] & mask


def _is_strip(stats: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    """A band along one whole side of the picture, such as a caption or a frame."""
    left, top, width, height = (int(value) for value in stats[:4])
    lies = _is_band(top, top + height, shape[0]) and width > _STRIP_LONG * shape[1]
    stands = _is_band(left, left + width, shape[1]) and height > _STRIP_LONG * shape[0]
    return lies or stands


def _is_band(start: int, stop: int, length: int) -> bool:
    return (start == 0 or stop == length) and stop - start < _STRIP_THIN * length


def close_gaps(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes too small to be the inside of a handle or between straps."""
    count, holes, stats, _ = cv2.connectedComponentsWithStats((~mask).view(np.uint8), connectivity=4)
    if count < 3:
        return mask
    small = stats[:, cv2.CC_STAT_AREA] < _GAP * np.count_nonzero(mask)
    small[0] = False
    return mask | small[holes]
