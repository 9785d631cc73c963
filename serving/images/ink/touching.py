"""Whether a mark is more than one digit: wider than any, or two that touch."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST = 1.6
"""Width over height that 99.8 % of MNIST's digits do not exceed."""

_NARROWEST = 0.7
_SHEARS = (-0.4, -0.2, 0.0, 0.2, 0.4)
_TALL = 0.85
_LEAST_SHARE = 0.25
_NECK = 2.0


def is_several_digits(mask: NDArray[np.uint8], stroke: float) -> bool:
    """Decide from the outline.

    Two digits that touch can be cut, upright or aslant, through a single stroke into two parts that are each
    nearly as tall as the whole; a single digit cannot: a cut through an open 4 leaves a part of half its
    height, and a cut through a 0 meets two strokes.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink, cut to the box around it.
        stroke: the typical width of its strokes in pixels.
    """
    height, width = mask.shape
    if width > WIDEST * height:
        return True
    if width < _NARROWEST * height:
        return False
    return any(_has_neck(_sheared(mask, shear), stroke) for shear in _SHEARS)


def _has_neck(mask: NDArray[np.uint8], stroke: float) -> bool:
    """Whether an upright cut parts the mask into two tall parts."""
    inked = mask.view(np.bool_)
    columns = _narrow(inked, stroke)
    if not columns.size:
        return False
    cut = inked[:, columns]
    columns = columns[(cut[1:] & ~cut[:-1]).sum(axis=0) + cut[0] <= 1]
    if not columns.size:
        return False
    height = np.count_nonzero(inked.any(axis=1))
    tops = np.where(inked.any(axis=0), inked.argmax(axis=0), mask.shape[0])
    ends = np.where(inked.any(axis=0), mask.shape[0] - inked[::-1].argmax(axis=0), 0)
    before = np.maximum.accumulate(ends) - np.minimum.accumulate(tops)
    after = (np.maximum.accumulate(ends[::-1]) - np.minimum.accumulate(tops[::-1]))[::-1]
    return bool(((before[columns - 1] >= _TALL * height) & (after[columns + 1] >= _TALL * height)).any())


def _narrow(inked: NDArray[np.bool_], stroke: float) -> NDArray[np.intp]:
    """The inner columns that have ink for one stroke and leave enough of the mask on both sides."""
    thickness = inked.sum(axis=0)
    share = thickness.cumsum() / thickness.sum()
    narrow = (thickness <= _NECK * stroke) & (share >= _LEAST_SHARE) & (share <= 1.0 - _LEAST_SHARE)
    narrow[0] = narrow[-1] = False
    return np.flatnonzero(narrow)


def _sheared(mask: NDArray[np.uint8], shear: float) -> NDArray[np.uint8]:
    if not shear:
        return mask
    height, width = mask.shape
    room = abs(shear) * height
    matrix = np.array([[1, shear, room if shear < 0 else 0], [0, 1, 0]], np.float32)
    wide = cv2.warpAffine(mask, matrix, (width + round(room), height), flags=cv2.INTER_NEAREST)
    left, _, span, _ = cv2.boundingRect(wide)
    return wide[:, left : left + span]
