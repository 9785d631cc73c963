"""The marks among the pieces of ink on a page, told from what is no digit by size, shape and tone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.images.reading.frames import is_flat, without_frames, without_splinters, written_across
from serving.images.reading.pieces import Piece

_BODY, _BIT = 0.4, 0.1
_TALLEST, _TALLEST_AT_EDGE = 3.0, 1.8
_THICKEST, _THICKEST_AT_EDGE = 3.5, 2.0
_FAINTEST = 0.45


@dataclass(frozen=True)
class Marks:
    """What is written on a page.

    Attributes:
        bodies: pieces as large as digits, or several digits that touch.
        bits: smaller ones, which may belong to them.
    """

    bodies: list[Piece]
    bits: list[Piece]


def marks_of(pieces: list[Piece], shape: tuple[int, ...]) -> Marks:
    """Tell marks from frames, grids, underlines, shadows, and what lies around the paper.

    Args:
        pieces: all ink of a page.
        shape: height and width of the page.
    """
    pieces, frames = without_frames(pieces)
    height = typical(pieces, [piece.height for piece in pieces])
    for frame in frames:
        pieces = without_splinters(pieces, frame, height)
    pieces += [mark for frame in frames for mark in written_across(frame, height)]
    written = [piece for piece in pieces if not is_flat(piece, height)]
    large = [piece for piece in written if piece.size >= _BODY * height]
    tone = typical(large, [piece.tone for piece in large])
    thickness = typical(large, [piece.thickness for piece in large])
    bodies = [
        piece
        for piece in large
        if piece.tone >= _FAINTEST * tone and not _is_surroundings(piece, height, thickness, shape)
    ]
    bits = [piece for piece in pieces if _BIT * height <= piece.size < _BODY * height]
    return Marks(bodies, bits)


def typical(pieces: list[Piece], values: list[float]) -> float:
    """The median of what is measured on pieces, each counting by its ink, so that specks do not."""
    if not pieces:
        return 1.0
    measured, weights = np.array(values), np.array([piece.area for piece in pieces], np.float64)
    order = measured.argsort(kind="stable")
    running = weights[order].cumsum()
    return float(measured[order][np.searchsorted(running, running[-1] / 2)])


def _is_surroundings(piece: Piece, height: float, thickness: float, shape: tuple[int, ...]) -> bool:
    """Whether a piece is too tall or too thick for writing; what touches the edge of the page soon is."""
    at_edge = not piece.left or not piece.top or piece.right == shape[1] or piece.bottom == shape[0]
    tallest, thickest = (_TALLEST_AT_EDGE, _THICKEST_AT_EDGE) if at_edge else (_TALLEST, _THICKEST)
    return piece.height > tallest * height or piece.thickness > thickest * thickness
