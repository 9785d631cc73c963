"""Detection of a mark that is more than one digit: wider than any digit, or two digits that touch."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST = 1.6
"""The ratio of width to height that 99.8 % of MNIST's digits do not exceed."""

_NARROWEST = 0.7
_SHEARS = (-0.4, -0.2, 0.0, 0.2, 0.4)
_TALL = 0.85
_LEAST_SHARE = 0.25
_NECK = 2.0


def is_several_digits(mask: NDArray[np.uint8], stroke: float) -> bool:
    """Return whether a mark is more than one digit, by its outline.

    A vertical or slanted cut through a single stroke can divide two touching digits into parts that are each
    nearly as tall as the whole. It cannot divide a single digit so: a cut through an open 4 leaves a part of
    half the height, and a cut through a 0 crosses two strokes.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink, cropped to the box around it.
        stroke: typical width of its strokes, in pixels.
    """
    height, width = mask.shape
    if width > WIDEST * height:
        return True
    if width < _NARROWEST * height:
        return False
    return any(_has_neck(_sheared(mask, shear), stroke) for shear in _SHEARS)


def _has_neck(mask: NDArray[np.uint8], stroke: float) -> bool:
    """Return whether a vertical cut through a single stroke divides the mask into two tall parts."""
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
    """Return the inner columns with the ink of one stroke and enough of the mask on both sides."""
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
