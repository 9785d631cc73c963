"""From a picture to the marks on it: ink, pieces, lines, and for each line the readings to choose from."""

from __future__ import annotations

import numpy as np

from serving.errors import TooLarge, UnusableImage
from serving.images.ink.contrast import BLANK
from serving.images.ink.page import Page, read_page
from serving.images.ink.recipe import framed
from serving.images.picture import Detail, Picture, prepared
from serving.images.reading.frames import is_flat, without_frames, written_across
from serving.images.reading.lattice import atoms_of, choices, skips
from serving.images.reading.lines import lines_of
from serving.images.reading.pieces import Piece, pieces_of
from serving.images.reading.segmentation import Box, Candidate, Line, Segmentation, Span
from serving.images.reading.strokes import local_ink

DETAIL = Detail(pixels=1_000_000, colour=False)

_SPECK = 0.012
_BODY, _BIT = 0.4, 0.1
_TALLEST = 3.0


MOST_MARKS = 1_000


def segment(picture: Picture, most_marks: int = MOST_MARKS) -> Segmentation:
    """Find the marks on a picture and what each may be.

    Args:
        picture: a decoded picture.
        most_marks: how many marks it may have.

    Raises:
        UnusableImage: the picture is blank.
        TooLarge: it has more marks.
    """
    page = read_page(picture, frozenset({"sheet"}))
    pieces = pieces_of(local_ink(page), max(3, round(_SPECK * max(page.dark.shape))))
    marks, frames = without_frames(pieces)
    height = typical_height(marks or pieces)
    marks += [mark for frame in frames for mark in written_across(frame, height)]
    marks = [mark for mark in marks if not is_flat(mark, height) and not _is_surroundings(mark, height, page)]
    bodies = [mark for mark in marks if mark.size >= _BODY * height]
    bits = [mark for mark in marks if _BIT * height <= mark.size < _BODY * height]
    if len(bodies) > most_marks:
        raise TooLarge(
            f"The picture has more than {most_marks:,} marks. Send a part of it, or a cleaner picture."
        )
    lines: list[Line] = []
    candidates: list[Candidate] = []
    scale = _scale(picture, page)
    for line in lines_of(bodies):
        tall = float(np.median([body.height for body in line]))
        area = float(np.median([body.area for body in line]))
        near = [bit for bit in bits if any(_distance(bit, body) <= 0.35 * tall for body in line)]
        atoms = atoms_of(line, near)
        spans = []
        for choice in choices(atoms, tall):
            spans.append(Span(choice.start, choice.stop, len(candidates), choice.penalty))
            candidates.append(_candidate(choice.piece, page, scale))
        lines.append(Line(tuple(skips(atoms, tall, area)), tuple(spans)))
    if not candidates:
        raise UnusableImage(BLANK)
    return Segmentation(tuple(candidates), tuple(lines))


def typical_height(pieces: list[Piece]) -> float:
    """The height of the marks on a page: the median, each counting by its ink, so that specks do not."""
    if not pieces:
        return 1.0
    heights = np.array([piece.height for piece in pieces])
    weights = np.array([piece.area for piece in pieces], np.float64)
    order = heights.argsort()
    running = weights[order].cumsum()
    return float(heights[order][np.searchsorted(running, running[-1] / 2)])


def _is_surroundings(piece: Piece, height: float, page: Page) -> bool:
    rows, columns = page.dark.shape
    sides = (not piece.left) + (not piece.top) + (piece.right == columns) + (piece.bottom == rows)
    return piece.height > (_TALLEST if not sides else 1.8) * height


def _distance(one: Piece, other: Piece) -> float:
    across = max(one.left - other.right, other.left - one.right, 0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0)
    return float(max(across, down))


def _scale(picture: Picture, page: Page) -> tuple[float, float]:
    full = picture.sent_size or picture.grey.shape[::-1]
    return full[0] / page.dark.shape[1], full[1] / page.dark.shape[0]


def _candidate(piece: Piece, page: Page, scale: tuple[float, float]) -> Candidate:
    pixels, steps, _ = framed(piece.mask, frozenset())
    across, down = scale
    left, top = round(piece.left * across), round(piece.top * down)
    box = Box(left, top, max(1, round(piece.right * across) - left), max(1, round(piece.bottom * down) - top))
    return Candidate(prepared(pixels, (*page.steps, *steps), inverted=page.inverted), box)
