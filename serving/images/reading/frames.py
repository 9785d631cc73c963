"""Frames, grids and underlines: found by what they enclose or how flat they are, and taken out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.stroke_width import stroke_width
from serving.images.reading.pieces import Piece, pieces_of

_HELD = 0.18
_CELLS, _CELL = 3, 0.03
_STROKES = 3.0
_LONG, _GIVE = 1.6, 0.12
_LEAST, _MOST, _NARROWEST = 0.6, 1.5, 0.3
_BESIDE = 0.3
_DIRECTIONS, _SURROUNDED = 36, 0.85
_NEAR, _ALONG = 0.12, 0.6
_FLAT, _WIDE = 0.22, 1.2
_LOW, _LONGISH = 0.5, 1.5


def without_frames(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Tell frames and grids from marks by what lies inside them.

    Returns:
        The other pieces, and the frames.
    """
    frames = {id(piece) for piece in _large(pieces) if _frames(piece, pieces)}
    return [piece for piece in pieces if id(piece) not in frames], [
        piece for piece in pieces if id(piece) in frames
    ]


def written_across(frame: Piece, height: float) -> list[Piece]:
    """The marks that touch a frame or a grid: what is left of it without its long straight lines.

    Args:
        frame: a piece that is one.
        height: the typical height of the marks.
    """
    lines = _long_lines(frame.mask, height)
    rest = pieces_of(cv2.subtract(frame.mask, lines), frame.mask, round(_LEAST * height))
    return [
        Piece(frame.left + piece.left, frame.top + piece.top, piece.mask, frame.tone)
        for piece in rest
        if _LEAST * height <= piece.height <= _MOST * height
        and piece.width >= _NARROWEST * height
        and not _is_sliver(piece, lines)
    ]


def without_splinters(pieces: list[Piece], frame: Piece, height: float) -> list[Piece]:
    """Pieces without those that lie along a frame: splinters of its line.

    Args:
        pieces: any.
        frame: a piece that is a frame.
        height: the typical height of the marks.
    """
    reach = 2 * round(_NEAR * height) + 1
    near = cv2.dilate(frame.mask, np.ones((reach, reach), np.uint8))
    return [piece for piece in pieces if not (within(piece, frame) and _lies_on(piece, frame, near))]


def _lies_on(piece: Piece, frame: Piece, near: NDArray[np.uint8]) -> bool:
    rows = slice(piece.top - frame.top, piece.bottom - frame.top)
    columns = slice(piece.left - frame.left, piece.right - frame.left)
    return cv2.countNonZero(cv2.bitwise_and(near[rows, columns], piece.mask)) > _ALONG * piece.area


def _long_lines(mask: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """What of a mask runs straight, nearly level or upright, for longer than a mark is tall."""
    length, give = max(5, round(_LONG * height)), max(1, round(_GIVE * height))
    level = cv2.dilate(mask, np.ones((give, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    upright = cv2.dilate(mask, np.ones((1, give), np.uint8))
    upright = cv2.morphologyEx(upright, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return cv2.bitwise_and(mask, cv2.bitwise_or(level, upright))


def _is_sliver(piece: Piece, lines: NDArray[np.uint8]) -> bool:
    """Whether a piece is the edge of a line: much of what borders on it is line."""
    padded = cv2.copyMakeBorder(piece.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    around = cv2.subtract(cv2.dilate(padded, np.ones((3, 3), np.uint8)), padded)[1:-1, 1:-1]
    beside = lines[piece.top : piece.bottom, piece.left : piece.right]
    return cv2.countNonZero(cv2.bitwise_and(around, beside)) > _BESIDE * cv2.countNonZero(around)


def is_flat(piece: Piece, height: float) -> bool:
    """Whether a piece is an underline or a rule: wider than a mark, and nowhere as tall.

    Args:
        piece: any piece.
        height: the typical height of the marks.
    """
    return piece.width >= _WIDE * height and piece.extent < _FLAT * height


def is_dash(piece: Piece, height: float) -> bool:
    """Whether a piece is a dash, such as a bit of an underline: low and wide.

    Args:
        piece: any piece.
        height: the typical height of the marks.
    """
    return piece.height < _LOW * height and piece.width >= _LONGISH * piece.height


def _large(pieces: list[Piece]) -> list[Piece]:
    """Those that may hold others: no more than a few dozen can be large beside the rest."""
    return sorted(pieces, key=lambda piece: -piece.size)[:64]


def _frames(outer: Piece, pieces: list[Piece]) -> bool:
    inside = [piece for piece in pieces if within(piece, outer) and piece.size >= _CELL * outer.size]
    if not inside:
        return False
    stroke = stroke_width(outer.mask)
    inside = [piece for piece in inside if piece.size >= _STROKES * stroke]
    least = min(outer.width, outer.height)
    return len(inside) >= _CELLS or any(
        piece.size >= _HELD * least and _surrounds(outer, piece) for piece in inside
    )


def _surrounds(outer: Piece, inner: Piece) -> bool:
    """Whether ink of the outer piece lies in nearly all directions from the middle of the inner one."""
    rows, columns = np.nonzero(outer.mask)
    down, across = rows - (inner.middle - outer.top), columns - (inner.centre - outer.left)
    turns = ((np.arctan2(down, across) / (2 * np.pi) + 0.5) * _DIRECTIONS).astype(np.intp) % _DIRECTIONS
    return bool(np.count_nonzero(np.bincount(turns, minlength=_DIRECTIONS)) >= _SURROUNDED * _DIRECTIONS)


def within(inner: Piece, outer: Piece) -> bool:
    """Whether the box of one piece lies strictly inside that of another."""
    return (
        outer.left < inner.left
        and outer.top < inner.top
        and outer.right > inner.right
        and outer.bottom > inner.bottom
    )
