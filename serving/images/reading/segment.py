"""From a picture to the marks on it: ink, pieces, lines, and for each line the readings to choose from."""

from __future__ import annotations

import cv2
import numpy as np

from serving.errors import TooLarge, UnusableImage
from serving.images.ink.contrast import BLANK
from serving.images.ink.mnist_format import is_mnist_format
from serving.images.ink.recipe import framed, prepare_ink
from serving.images.picture import Detail, Picture, Prepared, prepared
from serving.images.reading.choice import LARGE
from serving.images.reading.frames import is_dash
from serving.images.reading.lattice import atoms_of, runs, skips
from serving.images.reading.lines import common_slope, lines_of, stacks_of
from serving.images.reading.marks import Marks, marks_of
from serving.images.reading.paper import Paper, paper_of
from serving.images.reading.pieces import Piece, joined, trimmed
from serving.images.reading.segmentation import Box, Candidate, Line, Segmentation, Skip, Span

DETAIL = Detail(pixels=3_000_000, side=20_000, colour=False)
MOST_MARKS = 1_000

_PIXELS = 400_000
_LEGIBLE, _ENOUGH = 26.0, 40.0
_SMALLEST = 9
_READINGS = 4
"""How many candidates there may be for each mark, on average."""

_BESIDE, _BELOW = 0.25, 0.12
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
    if is_mnist_format(picture.grey):
        return _only(picture)
    paper, marks = _legible(picture)
    if len(marks.bodies) > most_marks:
        raise _too_many(most_marks)
    stacks = {id(whole := joined(stack)): (whole, stack) for stack in stacks_of(marks.bodies, marks.height)}
    wholes = [whole for whole, _ in stacks.values() if not is_dash(whole, marks.height)]
    slope = common_slope(wholes)
    candidates: list[Candidate] = []
    lines = []
    for line in lines_of(wholes, slope):
        lines.append(_line([stacks[id(whole)][1] for whole in line], marks.bits, slope, paper, candidates))
        if len(candidates) > _READINGS * most_marks:
            raise _too_many(most_marks)
    if not candidates:
        raise UnusableImage(BLANK)
    return Segmentation(tuple(candidates), tuple(lines))


def _only(picture: Picture) -> Segmentation:
    """The one mark of a picture that has MNIST's format already; it passes as it does alone."""
    box = Box(*cv2.boundingRect(picture.grey))
    only = Line(1, (Skip(0, 1, LARGE),), (Span(0, 1, 0, 0.0),))
    return Segmentation((Candidate(prepare_ink(picture), box),), (only,))


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
    stacks: list[list[Piece]], bits: list[Piece], slope: float, paper: Paper, candidates: list[Candidate]
) -> Line:
    """The readings of a line; what they are made of is added to the candidates."""
    bodies = [body for stack in stacks for body in stack]
    wholes = [joined(stack) for stack in stacks]
    height = float(np.median([whole.mark_height for whole in wholes]))
    area = float(np.median([whole.area for whole in wholes]))
    atoms = atoms_of(bodies, _near(bits, bodies, height), height)
    turns = [(0.0, 0.0)] + [(slope, _TURN)] * (abs(slope) > _TURNED)
    spans = []
    for run in runs(atoms, height):
        box = paper.box(run.piece)
        for turn, penalty in turns:
            span = Span(run.start, run.stop, len(candidates), run.penalty + penalty, run.doubtful)
            spans.append(span)
            candidates.append(Candidate(_prepared(_turned(run.piece, turn), paper), box))
    return Line(len(atoms), tuple(skips(atoms, height, area)), tuple(spans))


def _near(bits: list[Piece], bodies: list[Piece], height: float) -> list[Piece]:
    """The bits that lie beside a mark; what lies well above or below is sooner part of an underline."""
    if not bits:
        return []
    one, other = (
        np.array([(piece.left, piece.top, piece.right, piece.bottom) for piece in pieces], np.int32)
        for pieces in (bits, bodies)
    )
    reach = np.array([_BESIDE, _BELOW]) * height
    near = (one[:, None, :2] - other[None, :, 2:] <= reach) & (other[None, :, :2] - one[:, None, 2:] <= reach)
    chosen = np.any(np.all(near, axis=2), axis=1)
    return [bit for bit, each in zip(bits, chosen.tolist(), strict=True) if each]


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
