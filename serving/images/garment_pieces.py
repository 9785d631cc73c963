"""The pieces of a mask: the garment and its pair stay, captions, frames and dust go, small gaps close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_WORTH = 0.12
_STRIP_THIN, _STRIP_LONG = 0.15, 0.9
_GAP = 0.004
_TOUCHING = np.ones((3, 3), np.bool_)


def main_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest piece and those worth an eighth of it, unless they are strips along the border.

    Watermarks, captions and dust go; the second shoe of a pair stays.
    """
    labels, count = ndimage.label(mask, _TOUCHING)
    if count < 2:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        if _is_strip(place, mask.shape):
            areas[index] = 0
    if not areas.any():
        return mask
    return np.asarray((areas >= _WORTH * areas.max())[labels]) & mask


def _is_strip(place: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    """A band along one whole side of the picture, such as a caption or a frame."""
    (top, bottom), (left, right) = ((part.start, part.stop) for part in place)
    lies = _is_band(top, bottom, shape[0]) and right - left > _STRIP_LONG * shape[1]
    stands = _is_band(left, right, shape[1]) and bottom - top > _STRIP_LONG * shape[0]
    return lies or stands


def _is_band(start: int, stop: int, length: int) -> bool:
    return (start == 0 or stop == length) and stop - start < _STRIP_THIN * length


def close_gaps(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes too small to be the inside of a handle or between straps."""
    holes, count = ndimage.label(~mask)
    if count < 2:
        return mask
    areas = np.bincount(holes.ravel())
    small = areas < _GAP * mask.sum()
    small[0] = False
    return np.asarray(mask | small[holes])
