"""The pieces of a garment's mask: captions, frames and dust are removed, small gaps are closed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.connected import connected

_WORTH = 0.12
_STRIP_THIN, _STRIP_LONG = 0.15, 0.9
_GAP = 0.004


def main_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest piece, and those with at least 12 % of its area.

    Strips along the border are removed, such as captions and frames, as are watermarks and dust. The second
    shoe of a pair stays.

    Args:
        mask: bool ``[H, W]``, the garment.
    """
    count, labels = connected(mask, 8)
    if count < 3:
        return mask
    areas = np.bincount(labels.ravel(), minlength=count)
    areas[0] = 0
    for number in np.argsort(-areas, kind="stable")[:count].tolist():
        if areas[number] < _WORTH * areas.max():
            break
        if _is_strip(cv2.boundingRect(cv2.compare(labels, number, cv2.CMP_EQ)), mask.shape):
            areas[number] = 0
    if not areas.any():
        return mask
    return (areas >= _WORTH * areas.max())[labels] & mask


def _is_strip(box: Sequence[int], shape: tuple[int, ...]) -> bool:
    """Return whether a box is a band along a whole side of the picture, such as a caption or a frame."""
    left, top, width, height = box
    lies = _is_band(top, top + height, shape[0]) and width > _STRIP_LONG * shape[1]
    stands = _is_band(left, left + width, shape[1]) and height > _STRIP_LONG * shape[0]
    return lies or stands


def _is_band(start: int, stop: int, length: int) -> bool:
    return (start == 0 or stop == length) and stop - start < _STRIP_THIN * length


def close_gaps(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes that are too small to be the inside of a handle or the space between straps.

    Args:
        mask: bool ``[H, W]``, the garment.
    """
    count, holes = connected(~mask, 4)
    if count < 3:
        return mask
    small = np.bincount(holes.ravel(), minlength=count) < _GAP * np.count_nonzero(mask)
    small[0] = False
    return mask | small[holes]
