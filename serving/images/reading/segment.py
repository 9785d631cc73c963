"""From a picture to the marks on it: ink, pieces, lines, and for each line the readings to choose from."""

from __future__ import annotations

import cv2
import numpy as np

from serving.errors import TooLarge, UnusableImage
from serving.images.ink.contrast import BLANK
from serving.images.ink.recipe import framed
from serving.images.picture import Detail, Picture, Prepared, prepared
from serving.images.reading.lattice import atoms_of, runs, skips
from serving.images.reading.lines import common_slope, lines_of
from serving.images.reading.marks import Marks, marks_of
from serving.images.reading.paper import Paper, paper_of
from serving.images.reading.pieces import Piece, trimmed
from serving.images.reading.segmentation import Candidate, Line, Segmentation, Span

DETAIL = Detail(pixels=3_000_000, side=20_000, colour=False)
MOST_MARKS = 1_000

_PIXELS = 400_000
_LEGIBLE, _ENOUGH = 26.0, 40.0
_SMALLEST = 9
_READINGS = 4
"""How many candidates there may be for each mark, on average."""

_REACH = 0.35
_TURNED, _TURN = 0.25, 0.3


def segment(picture: Picture, most_marks: int = MOST_MARKS) -> Segmentation:
    """Find the marks on a picture and what each may be.

    Args:
        picture: a decoded picture.
        most_marks: how many marks it may have.

    Raises:
        UnusableImage: the picture is blank.
        TooLarge: it has more marks.
    """
    paper, marks = _legible(picture)
    if len(marks.bodies) > most_marks:
        raise _too_many(most_marks)
    slope = common_slope(marks.bodies)
    candidates: list[Candidate] = []
    lines = []
    for bodies in lines_of(marks.bodies, slope):
        lines.append(_line(bodies, marks.bits, slope, paper, candidates))
        if len(candidates) > _READINGS * most_marks:
            raise _too_many(most_marks)
    if not candidates:
        raise UnusableImage(BLANK)
    return Segmentation(tuple(candidates), tuple(lines))


def _too_many(most_marks: int) -> TooLarge:
    return TooLarge(
        f"The picture has more than {most_marks:,} marks. Send a part of it, or a cleaner picture."
    )


def _legible(picture: Picture) -> tuple[Paper, Marks]:
    """The page at a size at which its marks have enough pixels, as far as the picture has them."""
    paper = paper_of(picture, _PIXELS)
    marks = marks_of(paper.pieces, paper.page.dark.shape)
    tall = float(np.median([body.height for body in marks.bodies])) if marks.bodies else 0.0
    if tall >= _LEGIBLE or picture.grey.size <= _PIXELS:
        return paper, marks
    pixels = round(_PIXELS * (_ENOUGH / tall) ** 2) if tall else picture.grey.size
    paper = paper_of(picture, pixels, _SMALLEST)
    return paper, marks_of(paper.pieces, paper.page.dark.shape)


def _line(
    bodies: list[Piece], bits: list[Piece], slope: float, paper: Paper, candidates: list[Candidate]
) -> Line:
    """The readings of a line; what they are made of is added to the candidates."""
    height = float(np.median([body.mark_height for body in bodies]))
    area = float(np.median([body.area for body in bodies]))
    atoms = atoms_of(bodies, _near(bits, bodies, _REACH * height), height)
    turns = [(0.0, 0.0)] + [(slope, _TURN)] * (abs(slope) > _TURNED)
    spans = []
    for run in runs(atoms, height):
        box = paper.box(run.piece)
        for turn, penalty in turns:
            spans.append(Span(run.start, run.stop, len(candidates), run.penalty + penalty))
            candidates.append(Candidate(_prepared(_turned(run.piece, turn), paper), box))
    return Line(len(atoms), tuple(skips(atoms, height, area)), tuple(spans))


def _near(bits: list[Piece], bodies: list[Piece], reach: float) -> list[Piece]:
    """The bits whose boxes lie within reach of that of a mark."""
    if not bits:
        return []
    left, top, right, bottom = np.array([(b.left, b.top, b.right, b.bottom) for b in bodies]).T
    return [
        bit
        for bit in bits
        if (
            (left - bit.right <= reach)
            & (bit.left - right <= reach)
            & (top - bit.bottom <= reach)
            & (bit.top - bottom <= reach)
        ).any()
    ]


def _turned(piece: Piece, slope: float) -> Piece:
    """A mark turned so that the line it stands on is level."""
    if not slope:
        return piece
    side = round(1.5 * piece.size) + 2
    matrix = cv2.getRotationMatrix2D(
        (piece.width / 2, piece.height / 2), float(np.degrees(np.arctan(slope))), 1
    )
    matrix[:, 2] += (side - piece.width) / 2, (side - piece.height) / 2
    turned = cv2.warpAffine(piece.mask, matrix, (side, side))
    return trimmed(piece.left, piece.top, cv2.threshold(turned, 127, 255, cv2.THRESH_BINARY)[1])


def _prepared(piece: Piece, paper: Paper) -> Prepared:
    pixels, steps, _ = framed(piece.mask, count=False)
    return prepared(pixels, (*paper.page.steps, *steps), inverted=paper.page.inverted)
