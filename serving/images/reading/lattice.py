"""The readings of a line: which pieces, cut or joined, may be one digit."""

from __future__ import annotations

from dataclasses import dataclass

from serving.images.reading.cuts import CutMark, cut_mark, uncut
from serving.images.reading.pieces import Piece, joined
from serving.images.reading.segmentation import Skip

_TALL, _LEAST = 0.6, 0.4
_MOST_ATOMS = 14
_WIDEST, _WIDEST_PART = 1.5, 1.25
_NEAR, _NEAR_BIT = 0.12, 0.35
_OVERLAPPING = 0.3
_LEAVE_BODY, _LEAVE_BIT = 6.0, 8.0
_JOINED = 3.0
_PART, _PART_OF_WIDE = 1.0, 0.2
_SHORT, _FULL = 8.0, 0.8
_BROAD, _BROAD_PART, _WIDTH = 1.1, 0.8, 6.0


@dataclass(frozen=True)
class Atom:
    """The smallest piece that a reading takes or leaves.

    Attributes:
        piece: its ink.
        body: the mark that it is part of, or itself.
        place: which of the parts of its body.
        bit: whether it is too small to be a digit by itself.
    """

    piece: Piece
    body: CutMark
    place: int = 0
    bit: bool = False

    @property
    def part(self) -> bool:
        """Whether it is not the whole of its body."""
        return self.body.parts > 1


@dataclass(frozen=True)
class Run:
    """Some atoms as one digit; see ``Span``."""

    start: int
    stop: int
    piece: Piece
    penalty: float
    doubtful: bool = False


def atoms_of(bodies: list[Piece], bits: list[Piece], height: float) -> list[Atom]:
    """Cut the marks of a line and put the bits beside them in their places, from left to right.

    Args:
        bodies: the marks.
        bits: what lies near them.
        height: the typical height of the marks.
    """
    atoms = [atom for body in bodies for atom in _parts(cut_mark(body, height))]
    atoms += [(bit.centre, Atom(bit, uncut(bit), bit=True)) for bit in bits]
    return [atom for _, atom in sorted(atoms, key=lambda pair: pair[0])]


def _parts(body: CutMark) -> list[tuple[float, Atom]]:
    """The parts of a mark in their order, each with a column to sort it by."""
    atoms: list[tuple[float, Atom]] = []
    centre = 0.0
    for place in range(body.parts):
        if part := body.part(place, place + 1):
            centre = max(centre, part.centre)
            atoms.append((centre, Atom(part, body, place)))
    return atoms


def skips(atoms: list[Atom], height: float, area: float) -> list[Skip]:
    """What it costs to take each atom for no digit: much for a tall one or a part, little for a speck."""
    return [
        Skip(
            number,
            number + 1,
            _LEAVE_BODY
            if atom.part or atom.piece.height >= _TALL * height
            else min(_LEAVE_BODY, _LEAVE_BIT * atom.piece.area / area),
        )
        for number, atom in enumerate(atoms)
    ]


def runs(atoms: list[Atom], height: float) -> list[Run]:
    """Every run of atoms that may be one digit."""
    found = []
    for start in range(len(atoms)):
        joining = 0.0
        for stop in range(start + 1, min(start + _MOST_ATOMS, len(atoms)) + 1):
            run = atoms[start:stop]
            step = _joining(run, height)
            if step is None:
                break
            joining += step
            whole = _together(run)
            if whole is None:
                continue
            wide = whole.width / max(whole.height, height)
            if len(run) > 1 and wide > _WIDEST:
                break
            parts = _has_parts(run)
            tiny = whole.height < _LEAST * height or all(atom.bit for atom in run)
            if not tiny and not (parts and wide > _WIDEST_PART):
                penalty = joining + _shape(run, whole, height, parts=parts)
                doubtful = parts or joining > 0.0 or wide > _BROAD
                found.append(Run(start, stop, whole, penalty, doubtful))
    return found


def _together(run: list[Atom]) -> Piece | None:
    """The ink of a run, if any: of each body what lies between two of its cuts."""
    bodies = {id(atom.body): atom.body for atom in run}
    pieces = []
    for key, body in bodies.items():
        places = [atom.place for atom in run if id(atom.body) == key]
        if piece := body.part(min(places), max(places) + 1):
            pieces.append(piece)
    return joined(pieces) if pieces else None


def _joining(run: list[Atom], height: float) -> float | None:
    """What speaks against joining the last atom of a run to the others; None if it is out of the question."""
    *before, atom = run
    if not before or any(other.body is atom.body for other in before):
        return 0.0
    gap = min(atom.piece.left - other.piece.right for other in before)
    if atom.bit or all(other.bit for other in before):
        return 0.0 if gap <= _NEAR_BIT * height else None
    if gap > _NEAR * height:
        return None
    narrower = min(other.piece.width for other in run)
    return 0.0 if -gap >= _OVERLAPPING * narrower else _JOINED


def _has_parts(run: list[Atom]) -> bool:
    """Whether a run takes less than the whole of a body."""
    return any(len({atom.place for atom in run if atom.body is each.body}) < each.body.parts for each in run)


def _shape(run: list[Atom], whole: Piece, height: float, *, parts: bool) -> float:
    """What speaks against a run by its shape: part of a piece only, short, or wide."""
    broad = (_BROAD_PART if parts else _BROAD) * max(height, whole.height)
    wide = _WIDTH * max(0.0, whole.width - broad) / height
    if not parts:
        return wide
    narrow = any(atom.part and atom.body.piece.width <= _BROAD * atom.body.piece.height for atom in run)
    short = _SHORT * max(0.0, _FULL - whole.height / height)
    return wide + short + (_PART if narrow else _PART_OF_WIDE)
