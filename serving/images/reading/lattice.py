"""The readings of a line: which pieces, cut or joined, may be one digit."""

from __future__ import annotations

from dataclasses import dataclass

from serving.images.reading.cuts import cut
from serving.images.reading.pieces import Piece, joined

_TALL = 0.6
_MOST_ATOMS = 6
_WIDEST = 1.5
_NEAR, _NEAR_BITS = 0.12, 0.35
_OVERLAPPING = 0.3
_STRANGE_BODY = 6.0
_BIT = 8.0
_PARTED = 1.5


@dataclass(frozen=True)
class Atom:
    """The smallest piece that a reading takes or leaves.

    Attributes:
        piece: its ink.
        body: the number of the piece that it was cut from.
        bit: whether it is too small to be a digit by itself.
    """

    piece: Piece
    body: int
    bit: bool


@dataclass(frozen=True)
class Choice:
    """Some atoms as one digit; see ``Span``."""

    start: int
    stop: int
    piece: Piece
    penalty: float


def atoms_of(bodies: list[Piece], bits: list[Piece]) -> list[Atom]:
    """Cut the marks of a line and put the bits beside them in their places, from left to right."""
    atoms = [Atom(part, number, bit=False) for number, body in enumerate(bodies) for part in cut(body)] + [
        Atom(bit, -1 - number, bit=True) for number, bit in enumerate(bits)
    ]
    return sorted(atoms, key=lambda atom: atom.piece.centre)


def skips(atoms: list[Atom], height: float, area: float) -> list[float]:
    """What it costs to take each atom for no digit: much for a tall one, little for a speck."""
    costs = []
    for atom in atoms:
        tall = atom.piece.height >= _TALL * height
        costs.append(_STRANGE_BODY if tall else min(_STRANGE_BODY, _BIT * atom.piece.area / area))
    return costs


def choices(atoms: list[Atom], height: float) -> list[Choice]:
    """Every run of atoms that may be one digit."""
    found = []
    for start in range(len(atoms)):
        penalty = 0.0
        for stop in range(start + 1, min(start + _MOST_ATOMS, len(atoms)) + 1):
            if stop > start + 1:
                step = _parting(atoms, start, stop - 1, height)
                if step is None:
                    break
                penalty += step
            run = [atom.piece for atom in atoms[start:stop]]
            if all(atom.bit for atom in atoms[start:stop]):
                continue
            whole = joined(run)
            if whole.width > _WIDEST * max(whole.height, height) and stop > start + 1:
                break
            if whole.height >= 0.4 * height:
                found.append(Choice(start, stop, whole, penalty))
    return found


def _parting(atoms: list[Atom], start: int, index: int, height: float) -> float | None:
    """What speaks against joining an atom to the run before it; None where it is out of the question."""
    atom = atoms[index]
    if any(other.body == atom.body for other in atoms[start:index]):
        return 0.0
    gaps = [atom.piece.left - other.piece.right for other in atoms[start:index]]
    gap = min(gaps)
    if atom.bit or all(other.bit for other in atoms[start:index]):
        return 0.0 if gap <= _NEAR_BITS * height else None
    if gap > _NEAR * height:
        return None
    least = min(atom.piece.width, min(other.piece.width for other in atoms[start:index]))
    return 0.0 if -gap >= _OVERLAPPING * least else _PARTED
