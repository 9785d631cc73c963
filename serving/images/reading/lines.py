"""The lines of a page: marks in order from left to right, lines from top to bottom, however they slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serving.images.reading.pieces import Piece

_STEEPEST = 1.2
_REACH = 3.0
_LEAST_LINKS, _AGREEING = 2, 70
_SPREAD, _SPREAD_OF_SLOPE = 0.12, 0.2
_OVERLAP = 0.4
_MEMORY = 2
_ABOVE, _GAP, _TALLEST = 0.5, 0.2, 1.2


def lines_of(pieces: list[Piece], slope: float) -> list[list[Piece]]:
    """Put pieces into lines.

    Pieces are taken from left to right, and the common slope of the page is taken out. Each piece goes on
    with the line whose last marks it overlaps most in height; so lines may wave, and gaps may be wide.
    """
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.centre):
        overlap, line = max(
            ((_overlap(piece, line, slope), line) for line in lines),
            key=lambda pair: pair[0],
            default=(0.0, None),
        )
        if line is None or overlap < _OVERLAP:
            lines.append([piece])
        else:
            line.append(piece)
    return sorted(lines, key=lambda line: float(np.mean([_level(piece, slope) for piece in line])))


def stacks_of(pieces: list[Piece], height: float) -> list[list[Piece]]:
    """Group pieces that lie above one another as those of one broken digit do.

    Args:
        pieces: the marks of a page.
        height: how tall marks typically are.
    """
    stacks: list[list[Piece]] = []
    boxes: list[tuple[int, int, int, int]] = []
    for piece in sorted(pieces, key=lambda piece: piece.top):
        box = piece.left, piece.top, piece.right, piece.bottom
        above = next((n for n, other in enumerate(boxes) if _continues(other, box, height)), None)
        if above is None:
            stacks.append([piece])
            boxes.append(box)
        else:
            left, top, right, bottom = boxes[above]
            stacks[above].append(piece)
            boxes[above] = min(left, box[0]), top, max(right, box[2]), max(bottom, box[3])
    return stacks


def _continues(upper: tuple[int, int, int, int], lower: tuple[int, int, int, int], height: float) -> bool:
    """Whether one box lies right below another and is of one digit's size together with it."""
    if lower[1] - upper[3] > _GAP * height or max(upper[3], lower[3]) - upper[1] > _TALLEST * height:
        return False
    shared = min(upper[2], lower[2]) - max(upper[0], lower[0])
    return shared >= _ABOVE * min(upper[2] - upper[0], lower[2] - lower[0])


def common_slope(pieces: list[Piece]) -> float:
    """How far lines fall for each pixel to the right, by the links between neighbours; 0 if unclear."""
    slopes = _links(pieces)
    if len(slopes) < _LEAST_LINKS:
        return 0.0
    middle = float(np.median(slopes))
    spread = float(np.percentile(np.abs(slopes - middle), _AGREEING))
    return middle if spread <= _SPREAD + _SPREAD_OF_SLOPE * abs(middle) else 0.0


def _links(pieces: list[Piece]) -> NDArray[np.float64]:
    """The slopes from marks to their nearest neighbours on the right, where there is one within reach."""
    places = np.array([(piece.centre, piece.middle) for piece in pieces]).reshape(-1, 2)
    across, down = np.moveaxis(places[None] - places[:, None], 2, 0)
    distances = np.hypot(across, 2 * down)
    distances[(across <= 0) | (np.abs(down) > _STEEPEST * across)] = np.inf
    nearest = distances.argmin(axis=1) if len(pieces) else np.zeros(0, np.intp)
    rows = np.arange(len(pieces))
    linked = distances[rows, nearest] < _REACH * np.array([piece.size for piece in pieces])
    return (down[rows, nearest] / np.maximum(across[rows, nearest], 1e-9))[linked]


def _level(piece: Piece, slope: float) -> float:
    return piece.middle - slope * piece.centre


def _overlap(piece: Piece, line: list[Piece], slope: float) -> float:
    """By how much of the smaller height a piece overlaps the last marks of a line."""
    last = line[-_MEMORY:]
    height = sum(each.height for each in last) / len(last)
    middle = sum(_level(each, slope) for each in last) / len(last)
    own = _level(piece, slope)
    shared = min(own + piece.height / 2, middle + height / 2) - max(
        own - piece.height / 2, middle - height / 2
    )
    return shared / min(piece.height, height)
