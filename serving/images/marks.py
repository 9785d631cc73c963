"""Which of the marks on a page is meant, and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_EIGHT = np.ones((3, 3), dtype=bool)
_RIVAL = 0.35
_SPECK = 0.002
_MOST_PARTS = 1_000
"""Only the heaviest are looked at: gathering takes time that grows with the square of their number."""


@dataclass(frozen=True)
class Mark:
    """The main mark.

    Attributes:
        mask: bool ``[H, W]``.
        alone: whether nothing else on the page is of similar size.
    """

    mask: NDArray[np.bool_]
    alone: bool


@dataclass(frozen=True)
class _Part:
    number: int
    top: int
    bottom: int
    left: int
    right: int
    mass: float
    sides: int
    score: float

    @property
    def size(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)


def main_mark(mask: NDArray[np.bool_], strength: NDArray[np.float32]) -> Mark | None:
    """Choose the mark that is meant: much ink, near the middle, not a strip along the border.

    Args:
        mask: bool ``[H, W]``, where ink is.
        strength: float32 ``[H, W]``, how dark it is.

    Returns:
        The mark with the pieces that belong to it, or None when there is no ink.
    """
    labels, count = ndimage.label(mask, structure=_EIGHT)
    if not count:
        return None
    parts = _parts(labels, count, strength)
    main = max(parts, key=lambda part: part.score)
    chosen = _gather(main, parts)
    others = [part for part in parts if part.number not in chosen]
    alone = not any(part.score > _RIVAL * main.score and part.size > 0.4 * main.size for part in others)
    lookup = np.zeros(count + 1, dtype=bool)
    lookup[sorted(chosen)] = True
    return Mark(lookup[labels], alone)


def _parts(labels: NDArray[np.int32], count: int, strength: NDArray[np.float32]) -> list[_Part]:
    height, width = labels.shape
    inked = np.flatnonzero(labels)
    masses = np.bincount(labels.ravel()[inked], weights=strength.ravel()[inked], minlength=count + 1)
    parts = []
    boxes = ndimage.find_objects(labels)
    for number in _heaviest(masses[1:]).tolist():
        rows, columns = boxes[number]
        y = (rows.start + rows.stop) / 2 / height - 0.5
        x = (columns.start + columns.stop) / 2 / width - 0.5
        sides = (rows.start == 0) + (rows.stop == height) + (columns.start == 0) + (columns.stop == width)
        score = float(np.sqrt(masses[number + 1]) * np.exp(-4.0 * (x * x + y * y))) * 0.35**sides
        parts.append(
            _Part(
                number + 1,
                rows.start,
                rows.stop,
                columns.start,
                columns.stop,
                float(masses[number + 1]),
                sides,
                score,
            )
        )
    return parts


def _heaviest(masses: NDArray[Any]) -> NDArray[np.intp]:
    """Which parts are more than specks, the heaviest ``_MOST_PARTS`` of them, in their order on the page."""
    numbers = np.flatnonzero(masses >= _SPECK * masses.max())
    if numbers.size > _MOST_PARTS:
        numbers = np.sort(numbers[np.argsort(-masses[numbers], kind="stable")[:_MOST_PARTS]])
    return numbers


def _gather(main: _Part, parts: list[_Part]) -> set[int]:
    """The main part and what lies within reach of it, repeated until nothing more joins."""
    top, bottom, left, right = main.top, main.bottom, main.left, main.right
    chosen = {main.number}
    grown = True
    while grown:
        grown = False
        for part in parts:
            if part.number in chosen or part.mass < 0.015 * main.mass:
                continue
            if part.sides and not main.sides:
                continue
            if _belongs(part, top, bottom, left, right, max(main.size, part.size)):
                chosen.add(part.number)
                top, bottom = min(top, part.top), max(bottom, part.bottom)
                left, right = min(left, part.left), max(right, part.right)
                grown = True
    return chosen


def _belongs(part: _Part, top: int, bottom: int, left: int, right: int, size: int) -> bool:
    """Whether a part is close enough to a box, or completes it to the proportions of one digit."""
    gap_y = max(part.top - bottom, top - part.bottom, 0)
    gap_x = max(part.left - right, left - part.right, 0)
    if gap_y <= 0.2 * size and gap_x <= 0.1 * size:
        return True
    height = max(bottom, part.bottom) - min(top, part.top)
    width = max(right, part.right) - min(left, part.left)
    return gap_x == 0 and gap_y <= 0.45 * size and height <= 1.8 * width
