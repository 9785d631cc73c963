"""Where touching digits may be cut: along the paths from top to bottom that cross the least ink.

The paths are found by dynamic programming, as seams are in Avidan and Shamir, "Seam carving for content-aware
image resizing" (2007). Which of them part two digits and which cut one, the classifier decides.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.stroke_width import stroke_width
from serving.images.reading.pieces import Piece, trimmed

_ROWS = 48
_NARROWEST, _LOWEST = 0.7, 8
_WIDE = 1.0
_EASY, _HARD = 1.5, 3.2
_LEAST_WIDTH = 0.08
_LEAST_SHARE = 0.03
_APART = 0.08
_MOST_A_HEIGHT = 5
_VOID, _ASLANT = 0.02, 0.03
_ASIDE = np.array([0, -1, 1])

Paths = NDArray[np.float64]
"""float64 ``[cuts, H]``: the column of each cut in every row, cuts from left to right."""


def cut(piece: Piece, height: float) -> list[Piece]:
    """Cut a piece wherever two digits may touch.

    Args:
        piece: a mark.
        height: the typical height of the marks.

    Returns:
        The parts from left to right; the piece itself where nothing speaks for a cut.
    """
    if piece.width < _NARROWEST * height or piece.height < _LOWEST:
        return [piece]
    paths = _paths(piece.mask)
    if not len(paths):
        return [piece]
    columns = np.arange(piece.width)[None, :]
    number = (columns[None] >= paths[:, :, None]).sum(axis=0)
    parts = [np.where(number == each, piece.mask, np.uint8(0)) for each in range(len(paths) + 1)]
    return [trimmed(piece.left, piece.top, part) for part in parts if part.any()]


def _paths(mask: NDArray[np.uint8]) -> Paths:
    """The columns of the most promising cuts."""
    shrink = max(1.0, mask.shape[0] / _ROWS)
    size = max(2, round(mask.shape[1] / shrink)), max(2, round(mask.shape[0] / shrink))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float64) / 255.0
    stroke = max(1.0, stroke_width(mask) / shrink)
    height, width = small.shape
    down, up = _seams(small), _seams(small[::-1])
    middle = height // 2
    through = down[0][middle] + up[0][height - 1 - middle] - small[middle]
    limit = (_HARD if width > _WIDE * height else _EASY) * stroke + 1.0
    chosen: list[tuple[float, NDArray[np.intp]]] = []
    shares = small.sum(axis=0).cumsum() / small.sum()
    most = max(1, int(_MOST_A_HEIGHT * width / height))
    for column in np.argsort(through, kind="stable").tolist():
        if through[column] > limit or len(chosen) == most:
            break
        path = np.concatenate(
            [_trace(down[1], middle, column)[:-1], _trace(up[1], height - 1 - middle, column)[::-1]]
        )
        place = _crossing(small, path)
        if not _LEAST_WIDTH * height <= place <= width - _LEAST_WIDTH * height:
            continue
        if not _LEAST_SHARE <= shares[min(round(place), width - 1)] <= 1 - _LEAST_SHARE:
            continue
        if all(abs(place - other) >= _APART * height for other, _ in chosen):
            chosen.append((place, path))
    chosen.sort(key=lambda pair: pair[0])
    if not chosen:
        return np.zeros((0, mask.shape[0]))
    paths = np.maximum.accumulate(np.stack([path for _, path in chosen]), axis=0)
    rows = np.minimum((np.arange(mask.shape[0]) / mask.shape[0] * height).astype(np.intp), height - 1)
    return (paths[:, rows] + 0.5) * (mask.shape[1] / width)


def _seams(ink: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """For each pixel, the cost of the cheapest path to it from the top, and the column it comes from."""
    total, came = ink + _VOID, np.empty(ink.shape, np.intp)
    columns = np.arange(ink.shape[1])
    steps = np.full((3, ink.shape[1]), np.inf)
    for row in range(1, len(ink)):
        above = total[row - 1]
        steps[0] = above
        steps[1, 1:] = above[:-1] + _ASLANT
        steps[2, :-1] = above[1:] + _ASLANT
        best = steps.argmin(axis=0)
        total[row] += steps[best, columns]
        came[row] = columns + _ASIDE[best]
    return total, came


def _trace(came: NDArray[np.intp], row: int, column: int) -> NDArray[np.intp]:
    """The columns of a path from the top to a pixel."""
    path = [column]
    for each in range(row, 0, -1):
        path.append(int(came[each, path[-1]]))
    return np.array(path[::-1])


def _crossing(ink: NDArray[np.float64], path: NDArray[np.intp]) -> float:
    """The column at which a path crosses ink, on average; its mean column where it crosses none."""
    weights = ink[np.arange(len(path)), path]
    return float(path @ weights / weights.sum()) if weights.sum() > 0.1 else float(path.mean())
