"""The marks among the pieces of ink on a page, told from what is no digit by size, shape and tone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.images.ink.stroke_width import stroke_width
from serving.images.reading.frames import is_flat, without_frames, without_splinters, written_across
from serving.images.reading.pieces import Piece

_BODY, _BIT = 0.4, 0.1
_TALLEST, _TALLEST_AT_EDGE = 3.0, 1.8
_THICKEST, _THICKEST_AT_EDGE = 3.5, 2.0
_FAINTEST = 0.45
_ENDLESS, _SLENDER, _STROKES = 10.0, 0.05, 2.0


@dataclass(frozen=True)
class Marks:
    """What is written on a page.

    Attributes:
        bodies: pieces as large as digits, or several digits that touch.
        bits: smaller ones, which may belong to them.
        height: how tall the marks typically are.
    """

    bodies: list[Piece]
    bits: list[Piece]
    height: float


def marks_of(pieces: list[Piece], shape: tuple[int, ...]) -> Marks:
    """Tell marks from frames, grids, underlines, shadows, and what lies around the paper.

    Args:
        pieces: all ink of a page.
        shape: height and width of the page.
    """
    pieces, frames = without_frames(pieces)
    height = typical_height(pieces)
    for frame in frames:
        pieces = without_splinters(pieces, frame, height)
    pieces += [mark for frame in frames for mark in written_across(frame, height)]
    large = [
        piece
        for piece in pieces
        if piece.size >= _BODY * height and not is_flat(piece, height) and not _is_rule(piece, _ENDLESS)
    ]
    tone = float(np.median([piece.tone for piece in large])) if large else 0.0
    thickness = float(np.median([piece.thickness for piece in large])) if large else 0.0
    bodies = [
        piece
        for piece in large
        if piece.tone >= _FAINTEST * tone and not _is_surroundings(piece, height, thickness, shape)
    ]
    bits = [piece for piece in pieces if _BIT * height <= piece.size < _BODY * height]
    return Marks(bodies, bits, height)


def typical_height(pieces: list[Piece]) -> float:
    """The median height of the marks, each counting by its ink, so that specks and thin lines do not."""
    pieces = [piece for piece in pieces if not _is_rule(piece)]
    if not pieces:
        return 1.0
    heights = np.array([piece.mark_height for piece in pieces])
    order = heights.argsort(kind="stable")
    running = np.array([piece.area for piece in pieces], np.float64)[order].cumsum()
    return float(heights[order][np.searchsorted(running, running[-1] / 2)])


def _is_rule(piece: Piece, long: float = 3.0) -> bool:
    """Whether a piece is a line so many times as long: its columns reach hardly farther than it is thick."""
    if piece.width < long * piece.extent:
        return False
    return piece.extent < max(_SLENDER * piece.width, _STROKES * stroke_width(piece.mask))


def _is_surroundings(piece: Piece, height: float, thickness: float, shape: tuple[int, ...]) -> bool:
    """Whether a piece is too tall or too thick for writing; what touches the edge of the page soon is."""
    at_edge = not piece.left or not piece.top or piece.right == shape[1] or piece.bottom == shape[0]
    tallest, thickest = (_TALLEST_AT_EDGE, _THICKEST_AT_EDGE) if at_edge else (_TALLEST, _THICKEST)
    return piece.height > tallest * height or piece.thickness > thickest * thickness
