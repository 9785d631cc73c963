"""The connected components of an ink mask: their boxes, their ink, and which of them surround others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.connected import connected

_SPECK = 0.002
_MOST = 1_000
"""Only the heaviest components are used, because grouping takes quadratic time in their number."""

_GROUND_AND_ONE = 2
_DIRECTIONS = 36
_SURROUNDED = 0.85
_WORTH_READING = 0.3


@dataclass(frozen=True)
class Component:
    """A connected component.

    Attributes:
        number: its label in ``Components.labels``.
        left: first column.
        top: first row.
        right: one past the last column.
        bottom: one past the last row.
        mass: sum of the darkness of its pixels.
        score: how likely it is the digit, by mass, nearness to the middle and distance from the border.
        sides: number of sides of the picture that it touches.
    """

    number: int
    left: int
    top: int
    right: int
    bottom: int
    mass: float
    score: float
    sides: int

    @property
    def height(self) -> int:
        """Number of rows of its box."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns of its box."""
        return self.right - self.left

    @property
    def size(self) -> int:
        """The longer side of its box."""
        return max(self.height, self.width)

    def contains(self, other: Component) -> bool:
        """Return whether the box of another component lies strictly inside this one's."""
        return (
            self.left < other.left
            and self.top < other.top
            and self.right > other.right
            and self.bottom > other.bottom
        )


@dataclass(frozen=True)
class Components:
    """All components of a mask.

    Attributes:
        labels: int32, 0 for the background, cropped to the box around all ink.
        count: number of labels, without the background.
        parts: the components that are more than specks, with boxes in pixels of the page.
        origin: row and column on the page of the first pixel of ``labels``.
    """

    labels: NDArray[np.int32]
    count: int
    parts: list[Component]
    origin: tuple[int, int]

    def labels_in(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.int32]:
        """Return the labels within a box of the page."""
        down, across = self.origin
        return self.labels[top - down : bottom - down, left - across : right - across]

    def surrounds(self, outer: Component, inner: Component) -> bool:
        """Return whether one component encloses another without touching it, apart from small gaps.

        It does if it lies in nearly all directions from the middle of the inner one.
        """
        if not outer.contains(inner):
            return False
        box = self.labels_in(outer.left, outer.top, outer.right, outer.bottom)
        rows, columns = np.nonzero(box == outer.number)
        down = rows - ((inner.top + inner.bottom) / 2 - outer.top)
        across = columns - ((inner.left + inner.right) / 2 - outer.left)
        turns = ((np.arctan2(down, across) / (2 * np.pi) + 0.5) * _DIRECTIONS).astype(np.intp) % _DIRECTIONS
        seen = np.count_nonzero(np.bincount(turns, minlength=_DIRECTIONS))
        return bool(seen >= _SURROUNDED * _DIRECTIONS)

    def inside(self, outer: Component) -> list[Component]:
        """Return the components that another one surrounds and that are large enough to be its content."""
        return [
            part
            for part in self.parts
            if part.size >= _WORTH_READING * min(outer.width, outer.height) and self.surrounds(outer, part)
        ]


def components_of(
    mask: NDArray[np.uint8],
    dark: NDArray[np.uint8],
    page: tuple[int, int] | None = None,
    origin: tuple[int, int] = (0, 0),
) -> Components:
    """Find the connected components of a mask (8 neighbours).

    Args:
        mask: uint8 ``[H, W]``, 255 on ink.
        dark: uint8 ``[H, W]``, the darkness of the ink.
        page: height and width of the page, if the mask is of a part of it.
        origin: row and column on the page of the mask's first pixel.
    """
    height, width = page or mask.shape
    left, top, wide, high = cv2.boundingRect(mask)
    place = slice(top, top + high), slice(left, left + wide)
    count, labels = connected(mask[place], 8)
    down, across = top + origin[0], left + origin[1]
    if count == _GROUND_AND_ONE:
        # Most drawings are a single piece, so its mass is not needed.
        parts = [_component(1, (across, down, across + wide, down + high), 1.0, (height, width))]
        return Components(labels, 1, parts, (down, across))
    rows, columns = np.nonzero(labels.astype(np.bool_))
    numbers = labels[rows, columns]
    masses = np.bincount(numbers, weights=dark[place][rows, columns], minlength=count).astype(np.float64)
    boxes = _boxes(numbers, rows, columns, count) + np.array([across, down, across, down])
    chosen = _heaviest(masses)
    parts = [
        _component(number, box, float(masses[number]), (height, width))
        for number, box in zip(chosen.tolist(), boxes[chosen].tolist(), strict=True)
    ]
    return Components(labels, count - 1, parts, (down, across))


def _boxes(
    numbers: NDArray[np.int32], rows: NDArray[np.intp], columns: NDArray[np.intp], count: int
) -> NDArray[np.intp]:
    """Return left, top, right and bottom of each component; ten times as fast as OpenCV's statistics."""
    boxes = np.zeros((4, count), np.intp)
    boxes[:2] = np.iinfo(np.intp).max >> 1
    for index, places in enumerate((columns, rows)):
        np.minimum.at(boxes[index], numbers, places)
        np.maximum.at(boxes[index + 2], numbers, places + 1)
    return boxes.T


def _component(number: int, box: Sequence[int], mass: float, shape: tuple[int, ...]) -> Component:
    left, top, right, bottom = box
    y = (top + bottom) / 2 / shape[0] - 0.5
    x = (left + right) / 2 / shape[1] - 0.5
    sides = (top == 0) + (bottom == shape[0]) + (left == 0) + (right == shape[1])
    score = float(np.sqrt(mass) * np.exp(-4.0 * (x * x + y * y))) * 0.35**sides
    return Component(number, left, top, right, bottom, mass, score, sides)


def _heaviest(masses: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the heaviest components that are more than specks, at most ``_MOST``, in their order."""
    masses[0] = 0
    numbers = np.flatnonzero(masses >= max(_SPECK * masses.max(), 1e-9))
    if numbers.size > _MOST:
        numbers = np.sort(numbers[np.argsort(-masses[numbers], kind="stable")[:_MOST]])
    return numbers
