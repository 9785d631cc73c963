"""Where touching digits may be cut: along the paths from top to bottom that cross the least ink.

The paths are found by dynamic programming, as seams are in Avidan and Shamir, "Seam carving for content-aware
image resizing" (2007). There are several for each digit, and which of them part two digits and which cut one,
the classifier decides: over-segmentation, as in Casey and Lecolinet, "A survey of methods and strategies in
character segmentation" (1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.stroke_width import stroke_width
from serving.images.reading.pieces import Piece, trimmed

_ROWS = 40
_NARROWEST, _LOWEST = 0.7, 8
_WIDE = 1.0
_EASY, _HARD = 1.5, 4.5
_LEAST_SHARE = 0.04
_APART = 0.07
_MOST_A_HEIGHT = 7
_VOID, _ASLANT = 0.02, 0.2
_ASIDE = np.array([0, -1, 1])

Path = NDArray[np.intp]
"""``[H]``, a column in every row."""


@dataclass(frozen=True)
class CutMark:
    """A mark and where it may be cut.

    Attributes:
        piece: its ink.
        cuts: the first column to the right of each cut, in every row: ``[cuts, H]``, from left to right.
    """

    piece: Piece
    cuts: NDArray[np.intp]

    @property
    def parts(self) -> int:
        """Into how many parts the cuts divide it."""
        return len(self.cuts) + 1

    def part(self, start: int, stop: int) -> Piece | None:
        """What lies between two cuts, or None where that is nothing.

        Cuts may cross each other, so this may be less than the parts from ``start`` to ``stop`` are together.

        Args:
            start: number of the first part.
            stop: one past the last.
        """
        if stop - start == self.parts:
            return self.piece
        first = int(self.cuts[start - 1].min()) if start else 0
        last = int(self.cuts[stop - 1].max()) if stop < self.parts else self.piece.width
        columns = np.arange(first, last)
        kept = self.piece.mask[:, first:last]
        if start:
            kept = kept * (columns >= self.cuts[start - 1][:, None])
        if stop < self.parts:
            kept = kept * (columns < self.cuts[stop - 1][:, None])
        return trimmed(self.piece.left + first, self.piece.top, kept) if kept.any() else None


def uncut(piece: Piece) -> CutMark:
    """A mark without any cuts."""
    return CutMark(piece, np.zeros((0, piece.height), np.intp))


def cut_mark(piece: Piece, height: float) -> CutMark:
    """Find the cuts of a mark; there are none where nothing speaks for one.

    Args:
        piece: a mark.
        height: the typical height of the marks.
    """
    if piece.width < _NARROWEST * height or piece.height < _LOWEST:
        return uncut(piece)
    height = min(height, piece.height)
    shrink = max(1.0, height / _ROWS)
    size = max(2, round(piece.width / shrink)), max(2, round(piece.height / shrink))
    small = cv2.resize(piece.mask, size, interpolation=cv2.INTER_AREA).astype(np.float64) / 255.0
    paths = _paths(small, height / shrink, max(1.0, stroke_width(piece.mask) / shrink))
    if not paths:
        return uncut(piece)
    rows = (np.arange(piece.height) * size[1]) // piece.height
    columns = (np.stack(paths)[:, rows] + 0.5) * (piece.width / size[0])
    return _without_empty_parts(CutMark(piece, np.ceil(columns).astype(np.intp)))


def _without_empty_parts(body: CutMark) -> CutMark:
    """A body without the cuts that have no ink between them and the cut before, or to the right."""
    cuts: list[Path] = []
    for cut in body.cuts:
        tried = CutMark(body.piece, np.stack([*cuts, cut]))
        if tried.part(len(cuts), len(cuts) + 1) and tried.part(len(cuts) + 1, len(cuts) + 2):
            cuts.append(cut)
    return CutMark(body.piece, np.stack(cuts)) if cuts else uncut(body.piece)


def _paths(ink: NDArray[np.float64], height: float, stroke: float) -> list[Path]:
    """The cheapest paths through a mark, of those close to each other the cheapest, from left to right.

    Args:
        ink: how much of each pixel is ink, 0..1, ``[H, W]``.
        height: the typical height of the marks in pixels.
        stroke: how wide the strokes are.
    """
    middle, width = len(ink) // 2, ink.shape[1]
    down, up = _seams(ink), _seams(ink[::-1])
    through = down[0][middle] + up[0][len(ink) - 1 - middle] - ink[middle]
    limit = (_HARD if width > _WIDE * height else _EASY) * stroke + 1.0
    most = max(1, int(_MOST_A_HEIGHT * width / height))
    before = ink.cumsum(axis=1) / ink.sum()
    rows = np.arange(len(ink))
    found: list[tuple[float, Path]] = []
    for column in np.argsort(through, kind="stable").tolist():
        if through[column] > limit or len(found) == most:
            break
        path = np.concatenate(
            [_trace(down[1], middle, column)[:-1], _trace(up[1], len(ink) - 1 - middle, column)[::-1]]
        )
        place = _crossing(ink, path)
        if not _LEAST_SHARE <= before[rows, path].sum() <= 1 - _LEAST_SHARE:
            continue
        if all(abs(place - other) >= _APART * height for other, _ in found):
            found.append((place, path))
    return [path for _, path in sorted(found, key=lambda pair: float(pair[1].mean()))]


def _seams(ink: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """For each pixel, the cost of the cheapest path to it from the top, and the column it comes from.

    A step aslant costs what is beside it as well, so that no path slips between two pixels of a stroke.
    """
    total, came = ink + _VOID, np.empty(ink.shape, np.intp)
    columns = np.arange(ink.shape[1])
    steps = np.full((3, ink.shape[1]), np.inf)
    for row in range(1, len(ink)):
        above = total[row - 1]
        aside = above + _ASLANT
        steps[0] = above
        steps[1, 1:] = aside[:-1] + ink[row, :-1]
        steps[2, :-1] = aside[1:] + ink[row, 1:]
        best = steps.argmin(axis=0)
        total[row] += steps[best, columns]
        came[row] = columns + _ASIDE[best]
    return total, came


def _trace(came: NDArray[np.intp], row: int, column: int) -> Path:
    """The columns of a path from the top to a pixel."""
    path = [column]
    for each in range(row, 0, -1):
        path.append(int(came[each, path[-1]]))
    return np.array(path[::-1])


def _crossing(ink: NDArray[np.float64], path: Path) -> float:
    """The column at which a path crosses ink, on average; its mean column where it crosses none."""
    weights = ink[np.arange(len(path)), path]
    return float(path @ weights / weights.sum()) if weights.sum() > 0.1 else float(path.mean())
