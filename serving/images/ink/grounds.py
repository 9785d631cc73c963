"""The grounds of a picture: enclosed regions of nearly even tone that hold a mark.

A sheet, a card, a box or the area of a plot is a ground. It counts if it holds a mark that could be a digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.connected import connected
from serving.images.ink.histogram import histogram, percentile

RECTANGULAR = 0.88
"""The share of the smallest rectangle around a region that the region must fill to count as rectangular."""
LEAST_AREA = 0.02
"""The smallest area of a ground, as a share of the picture."""

_EDGE = 0.11
_FAINTEST_EDGE = 5
_LEAST_SIDE = 0.12
_ROOM = 0.12
_CONTRAST = 0.2
_MOST_GROUNDS = 12
_OTHER_TONE = 0.2
_ON_SHEET, _IN_FRAME = 0.15, 0.33
_FATTEST = 0.6
_MOST_SIDES = 2
_NEXT, _CHILD, _PARENT = 0, 2, 3

_BOX3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Ground:
    """A region of even tone that something else borders on, on at least two sides.

    Attributes:
        zone: uint8, 255 on the even tone itself, cropped to ``box``.
        filled: the same, with everything that it encloses.
        box: left, top, width and height, in pixels of the thumbnail.
        tone: its median tone.
        enclosed: whether it touches no border of the picture.
    """

    zone: NDArray[np.uint8]
    filled: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    tone: int
    enclosed: bool = True


def innermost_ground(small: NDArray[np.uint8]) -> Ground | None:
    """Return the ground that contains no other; the largest of several; None if there is none.

    Args:
        small: uint8 ``[H, W]``, the thumbnail of a picture.
    """
    grounds = list(_grounds(small))
    innermost = [
        ground for ground in grounds if not any(_contains(ground.box, other.box) for other in grounds)
    ]
    return innermost[0] if innermost else None


def _grounds(small: NDArray[np.uint8]) -> Iterator[Ground]:
    """Find the regions of even tone that hold a mark, those with the longest outline first."""
    low, high, _, _ = cv2.minMaxLoc(small)
    used = high - low
    gradient = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, _BOX3)
    even = cv2.threshold(gradient, max(_FAINTEST_EDGE, _EDGE * used), 255, cv2.THRESH_BINARY_INV)[1]
    contours, hierarchy = cv2.findContours(even, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    shortest = 3.0 * _LEAST_SIDE * max(small.shape)
    outlines = [
        number
        for number, contour in enumerate(contours)
        if len(contour) >= shortest
        and hierarchy[0, number, _PARENT] < 0
        and hierarchy[0, number, _CHILD] >= 0
    ]
    for number in sorted(outlines, key=lambda number: -len(contours[number]))[:_MOST_GROUNDS]:
        ground = _enclosed(small, contours, hierarchy[0], number)
        if ground is not None and _holds_mark(small, even, ground, used):
            yield ground


def _enclosed(
    small: NDArray[np.uint8],
    contours: Sequence[NDArray[np.int32]],
    hierarchy: NDArray[np.int32],
    number: int,
) -> Ground | None:
    """Return the region within a contour as a ground, or None if it is too small or borders on nothing."""
    box = left, top, width, height = cv2.boundingRect(contours[number])
    reached = (not left) + (not top) + (left + width == small.shape[1]) + (top + height == small.shape[0])
    if reached > _MOST_SIDES:
        return None
    if min(width, height) < _LEAST_SIDE * max(small.shape):
        return None
    filled = np.zeros((height, width), np.uint8)
    cv2.drawContours(filled, contours, number, 255, cv2.FILLED, offset=(-left, -top))
    if np.count_nonzero(filled) < LEAST_AREA * small.size:
        return None
    zone = filled.copy()
    hole = hierarchy[number, _CHILD]
    while hole >= 0:
        cv2.drawContours(zone, contours, hole, 0, cv2.FILLED, offset=(-left, -top))
        hole = hierarchy[hole, _NEXT]
    if not zone.any():
        return None
    inside = np.ascontiguousarray(small[top : top + height, left : left + width])
    return Ground(zone, filled, box, percentile(histogram(inside, zone), 50), enclosed=not reached)


def _holds_mark(small: NDArray[np.uint8], even: NDArray[np.uint8], ground: Ground, used: float) -> bool:
    """Return whether a ground encloses something of a digit's size and thinness.

    A ground with another tone than its surroundings is a sheet. It has to be rectangular, because the strokes
    of a thick 0 are also a region of even tone with something inside. A ground with the same tone is framed
    by a line. Its mark has to be larger, because the inside of a thin 0 may hold a speck.
    """
    left, top, width, height = ground.box
    if _thickness(ground.zone) < _ROOM * max(width, height):
        return False
    inside = small[top : top + height, left : left + width]
    off = cv2.absdiff(inside, np.full_like(inside, ground.tone))
    marks = cv2.bitwise_and(
        cv2.compare(off, _CONTRAST * used, cv2.CMP_GT), cv2.subtract(ground.filled, ground.zone)
    )
    largest = _largest(marks)
    if largest is None:
        return False
    size = max(cv2.boundingRect(largest)[2:])
    sheet = abs(_tone_around(small, even, ground) - ground.tone) > _OTHER_TONE * used
    if size < (_ON_SHEET if sheet else _IN_FRAME) * min(width, height):
        return False
    if not sheet and not ground.enclosed:
        return False
    if sheet and not _is_rectangular(ground.filled):
        return False
    return _thickness(largest) <= _FATTEST * size


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the mask of the connected component with the largest area, or None if there is none."""
    count, labels = connected(mask, 8)
    if count < 2:
        return None
    areas = np.bincount(labels.ravel(), minlength=count)
    return cv2.compare(labels, int(1 + areas[1:].argmax()), cv2.CMP_EQ)


def _tone_around(small: NDArray[np.uint8], even: NDArray[np.uint8], ground: Ground) -> int:
    """Return the median tone beyond the edge or the line around a ground."""
    left, top, width, height = ground.box
    reach = max(3, round(0.08 * max(width, height)))
    y0, x0 = max(0, top - reach), max(0, left - reach)
    y1, x1 = min(small.shape[0], top + height + reach), min(small.shape[1], left + width + reach)
    covered = np.zeros((y1 - y0, x1 - x0), np.uint8)
    covered[top - y0 : top - y0 + height, left - x0 : left - x0 + width] = ground.filled
    grown = cv2.dilate(covered, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    ring = cv2.bitwise_and(cv2.subtract(grown, covered), even[y0:y1, x0:x1])
    return percentile(histogram(small[y0:y1, x0:x1], ring), 50) if ring.any() else ground.tone


def _is_rectangular(filled: NDArray[np.uint8]) -> bool:
    """Return whether a region fills the smallest rectangle around it, which may be rotated."""
    points = cv2.findNonZero(filled)
    _, (one, other), _ = cv2.minAreaRect(points)
    return bool(len(points) >= RECTANGULAR * (one + 1) * (other + 1))


def _thickness(mask: NDArray[np.uint8]) -> float:
    """Return the diameter of the largest circle in a mask, in pixels."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return 2.0 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) - 1.0


def _contains(outer: tuple[int, int, int, int], inner: tuple[int, int, int, int]) -> bool:
    return (
        outer[0] < inner[0]
        and outer[1] < inner[1]
        and outer[0] + outer[2] > inner[0] + inner[2]
        and outer[1] + outer[3] > inner[1] + inner[3]
    )
