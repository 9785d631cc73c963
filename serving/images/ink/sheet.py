"""The innermost ground on which a mark stands: a sheet on a desk, a card on a page, a box, a plot.

A ground is a region of nearly even tone that something else encloses on all sides. It counts when it holds a
mark that could be a digit. Of nested grounds the innermost counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.connected import connected
from serving.images.ink.histogram import histogram, percentile
from serving.images.ink.sizes import enlarged, thumbnail

_EDGE = 0.11
_FAINTEST_EDGE = 5
_LEAST_AREA, _LEAST_SIDE = 0.02, 0.12
_OPAQUE = 250
_ROOM = 0.12
_CONTRAST = 0.2
_MOST_GROUNDS = 12
_RECTANGULAR = 0.88
_OTHER_TONE = 0.2
_ON_SHEET, _IN_FRAME = 0.15, 0.33
_FATTEST = 0.6
_INSET = 1
_MOST_SIDES = 2
_NEXT, _CHILD, _PARENT = 0, 2, 3

_BOX3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class _Ground:
    """A region of even tone beyond which something else shows, on two sides of it at least.

    Attributes:
        zone: uint8, 255 on the even tone itself, cut to ``box``.
        filled: the same with everything that it encloses.
        box: left, top, width, height.
        tone: its median.
        enclosed: whether it keeps clear of the border of the picture.
    """

    zone: NDArray[np.uint8]
    filled: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    tone: int
    enclosed: bool = True


def crop_to_ground(
    plane: NDArray[np.uint8], alpha: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], bool]:
    """Cut a picture to the innermost ground that holds a mark, and enlarge what is small.

    Args:
        plane: uint8 ``[H, W]``.
        alpha: uint8 ``[H, W]``, 255 opaque, or None.

    Returns:
        The part of the picture, what lies outside the ground filled with its tone, its thumbnail, and True;
        the picture itself, its thumbnail, and False where the marks stand on the picture's own ground.
    """
    opaque = None if alpha is None else _opaque_part(plane, alpha)
    plane = enlarged(plane if opaque is None else opaque)
    small = thumbnail(plane)
    ground = _innermost(list(_grounds(small)))
    if ground is None:
        return plane, small, opaque is not None
    part = enlarged(_cut(plane, small, ground))
    return part, thumbnail(part), True


def _opaque_part(plane: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The opaque part where it is a rectangle with a transparent margin or shadow around it."""
    small, cover = thumbnail(plane), cv2.compare(thumbnail(alpha), _OPAQUE, cv2.CMP_GE)
    box = left, top, width, height = cv2.boundingRect(cover)
    if (width, height) == small.shape[::-1] or width * height < _LEAST_AREA * small.size:
        return None
    zone = cover[top : top + height, left : left + width]
    if np.count_nonzero(zone) < _RECTANGULAR * zone.size:
        return None
    return _cut(plane, small, _Ground(zone, zone, box, 0))


def _grounds(small: NDArray[np.uint8]) -> Iterator[_Ground]:
    """The enclosed regions of even tone that hold a mark."""
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
) -> _Ground | None:
    """The region within a contour as a ground, if it is large enough and something shows beyond it."""
    box = left, top, width, height = cv2.boundingRect(contours[number])
    reached = (not left) + (not top) + (left + width == small.shape[1]) + (top + height == small.shape[0])
    if reached > _MOST_SIDES:
        return None
    if min(width, height) < _LEAST_SIDE * max(small.shape):
        return None
    filled = np.zeros((height, width), np.uint8)
    cv2.drawContours(filled, contours, number, 255, cv2.FILLED, offset=(-left, -top))
    if np.count_nonzero(filled) < _LEAST_AREA * small.size:
        return None
    zone = filled.copy()
    hole = hierarchy[number, _CHILD]
    while hole >= 0:
        cv2.drawContours(zone, contours, hole, 0, cv2.FILLED, offset=(-left, -top))
        hole = hierarchy[hole, _NEXT]
    if not zone.any():
        return None
    inside = np.ascontiguousarray(small[top : top + height, left : left + width])
    return _Ground(zone, filled, box, percentile(histogram(inside, zone), 50), enclosed=not reached)


def _holds_mark(small: NDArray[np.uint8], even: NDArray[np.uint8], ground: _Ground, used: float) -> bool:
    """Whether something of a digit's size and thinness is enclosed by a ground.

    What has another tone than its surroundings is a sheet, and has to be as rectangular as sheets are: the
    strokes of a thick 0 are a region of even tone, too, with something inside. What has the same tone
    is framed by a line, and has to be filled well: the inside of a thin 0 may hold a speck.
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
    """The connected component of the largest area."""
    count, labels = connected(mask, 8)
    if count < 2:
        return None
    areas = np.bincount(labels.ravel(), minlength=count)
    return cv2.compare(labels, int(1 + areas[1:].argmax()), cv2.CMP_EQ)


def _tone_around(small: NDArray[np.uint8], even: NDArray[np.uint8], ground: _Ground) -> int:
    """The tone of what lies beyond the edge or the line around a ground."""
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
    """Whether a region fills the smallest rectangle around it, which may be turned."""
    points = cv2.findNonZero(filled)
    _, (one, other), _ = cv2.minAreaRect(points)
    return bool(len(points) >= _RECTANGULAR * (one + 1) * (other + 1))


def _thickness(mask: NDArray[np.uint8]) -> float:
    """The diameter of the largest circle in a mask, in pixels."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return 2.0 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) - 1.0


def _innermost(grounds: list[_Ground]) -> _Ground | None:
    """The ground that contains no other; of several the largest."""
    innermost = [
        ground for ground in grounds if not any(_contains(ground.box, other.box) for other in grounds)
    ]
    return innermost[0] if innermost else None


def _contains(outer: tuple[int, int, int, int], inner: tuple[int, int, int, int]) -> bool:
    return (
        outer[0] < inner[0]
        and outer[1] < inner[1]
        and outer[0] + outer[2] > inner[0] + inner[2]
        and outer[1] + outer[3] > inner[1] + inner[3]
    )


def _cut(plane: NDArray[np.uint8], small: NDArray[np.uint8], ground: _Ground) -> NDArray[np.uint8]:
    """The part of the full plane, what lies outside the ground replaced by a smooth continuation of it."""
    left, top, width, height = ground.box
    down, across = plane.shape[0] / small.shape[0], plane.shape[1] / small.shape[1]
    y0, y1 = round(top * down), round((top + height) * down)
    x0, x1 = round(left * across), round((left + width) * across)
    part = plane[y0:y1, x0:x1]
    padded = cv2.copyMakeBorder(ground.filled, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inset = cv2.erode(padded, _BOX3, iterations=_INSET)[1:-1, 1:-1]
    shape = part.shape[::-1]
    inside = cv2.resize(inset, shape, interpolation=cv2.INTER_NEAREST).view(np.bool_)
    tones = cv2.resize(_continued(small[top : top + height, left : left + width], ground.zone), shape)
    return np.where(inside, part, tones)


def _continued(tones: NDArray[np.uint8], zone: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The tones of a zone spread over the holes in it and the room around it."""
    weight = (zone > 0).astype(np.float32)
    reach = max(1.0, 0.15 * max(zone.shape))
    spread = cv2.GaussianBlur(tones * weight, (0, 0), reach) + np.float32(1e-3) * float(
        tones[zone > 0].mean()
    )
    return np.rint(spread / (cv2.GaussianBlur(weight, (0, 0), reach) + np.float32(1e-3))).astype(np.uint8)
