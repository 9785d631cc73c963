"""The readings of a line: which pieces, cut or joined, may be one digit."""

from __future__ import annotations

from dataclasses import dataclass

from serving.images.reading.cuts import cut
from serving.images.reading.pieces import Piece, joined
from serving.images.reading.segmentation import Skip

_TALL, _LEAST = 0.6, 0.4
_MOST_ATOMS = 9
_WIDEST = 1.5
_NEAR, _NEAR_BIT = 0.12, 0.35
_OVERLAPPING = 0.3
_LEAVE_BODY, _LEAVE_BIT = 6.0, 8.0
_JOINED = 3.0
_PART, _PART_OF_WIDE = 1.0, 0.2
_SHORT, _FULL = 8.0, 0.8
_BROAD, _WIDTH = 1.1, 5.0


@dataclass(frozen=True)
class Atom:
    """The smallest piece that a reading takes or leaves.

    Attributes:
        piece: its ink.
        body: the piece that it was cut from, or itself.
        bit: whether it is too small to be a digit by itself.
    """

    piece: Piece
    body: Piece
    bit: bool = False

    @property
    def part(self) -> bool:
        """Whether it is not the whole of its body."""
        return self.piece is not self.body


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
    atoms = [Atom(part, body) for body in bodies for part in cut(body, height)]
    atoms += [Atom(bit, bit, bit=True) for bit in bits]
    return sorted(atoms, key=lambda atom: atom.piece.centre)


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
            whole = joined([atom.piece for atom in run])
            if len(run) > 1 and whole.width > _WIDEST * max(whole.height, height):
                break
            if whole.height >= _LEAST * height and not all(atom.bit for atom in run):
                shape = _shape(atoms, run, whole, height)
                found.append(Run(start, stop, whole, joining + shape, joining + shape > 0.0))
    return found


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


def _shape(atoms: list[Atom], run: list[Atom], whole: Piece, height: float) -> float:
    """What speaks against a run by its shape: part of a piece only, short, or wide."""
    wide = _WIDTH * max(0.0, whole.width - _BROAD * max(height, whole.height)) / height
    bodies = [atom.body for atom in run if atom.part]
    if all(sum(atom.body is body for atom in run) == sum(a.body is body for a in atoms) for body in bodies):
        return wide
    narrow = any(body.width <= _BROAD * body.height for body in bodies)
    short = _SHORT * max(0.0, _FULL - whole.height / height)
    return wide + short + (_PART if narrow else _PART_OF_WIDE)
