"""What a segmentation is: candidates for marks, and how they follow each other on each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from serving.images.picture import Prepared


class Box(NamedTuple):
    """A rectangle in pixels of the upright picture as it was sent."""

    left: int
    top: int
    width: int
    height: int


class Candidate(NamedTuple):
    """What may be a digit.

    Attributes:
        prepared: what the model is to see.
        box: where it lies.
    """

    prepared: Prepared
    box: Box


class Span(NamedTuple):
    """A candidate as a step from one place on a line to a later one.

    Attributes:
        start: number of the first atom it covers.
        stop: one past the last.
        candidate: its place in ``Segmentation.candidates``.
        penalty: what speaks against it by shape alone, as a negative log-likelihood.
        doubtful: whether it was cut from touching ink, or joined from pieces that may be digits themselves.
    """

    start: int
    stop: int
    candidate: int
    penalty: float
    doubtful: bool = False


class Skip(NamedTuple):
    """Some atoms taken for no digit.

    Attributes:
        start: number of the first atom.
        stop: one past the last.
        cost: what it costs, as a negative log-likelihood.
    """

    start: int
    stop: int
    cost: float


@dataclass(frozen=True)
class Line:
    """The readings of one line: a lattice over its atoms, the smallest pieces, from left to right.

    Attributes:
        length: how many atoms there are.
        skips: what may be left out; together they reach from the first atom to the last.
        spans: the candidates.
    """

    length: int
    skips: tuple[Skip, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Segmentation:
    """The marks of a picture.

    Attributes:
        candidates: everything that the model is asked about.
        lines: the lines from top to bottom.
    """

    candidates: tuple[Candidate, ...]
    lines: tuple[Line, ...]
