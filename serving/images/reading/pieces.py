"""The pieces of ink on a page: connected components that are marks, or parts of marks, by size and shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST = 4_000
"""Only the largest are looked at: a page of grain has tens of thousands."""


@dataclass(frozen=True)
class Piece:
    """Some connected ink.

    Attributes:
        left: first column on the page.
        top: first row on the page.
        mask: uint8, 255 on its ink, cut to the box around it.
        tone: how dark its ink is on average.
    """

    left: int
    top: int
    mask: NDArray[np.uint8]
    tone: float = 0.0

    @property
    def width(self) -> int:
        """Columns of its box."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Rows of its box."""
        return int(self.mask.shape[0])

    @property
    def right(self) -> int:
        """One past the last column."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """One past the last row."""
        return self.top + self.height

    @property
    def size(self) -> int:
        """The longer side of its box."""
        return max(self.width, self.height)

    @property
    def middle(self) -> float:
        """The row in the middle of its box."""
        return self.top + self.height / 2

    @property
    def centre(self) -> float:
        """The column in the middle of its box."""
        return self.left + self.width / 2

    @cached_property
    def area(self) -> int:
        """How many pixels of ink it has."""
        return cv2.countNonZero(self.mask)

    @cached_property
    def extent(self) -> float:
        """How far its columns reach from their first to their last ink, on average."""
        inked = self.mask.view(np.bool_)
        columns = inked.any(axis=0)
        tops, ends = inked.argmax(axis=0), self.height - inked[::-1].argmax(axis=0)
        return float((ends - tops)[columns].mean())

    @cached_property
    def mark_height(self) -> float:
        """The height of its marks where it is wide, so that a row of touching digits may slope; else its own.

        It is the median over strips half as wide as the piece is tall.
        """
        strip = max(1, self.height // 2)
        if self.width < 3 * strip:
            return float(self.height)
        starts = range(0, self.width - strip + 1, max(1, strip // 2))
        return float(
            np.median(
                [
                    np.ptp(np.flatnonzero(self.mask[:, start : start + strip].any(axis=1))) + 1
                    for start in starts
                ]
            )
        )

    @cached_property
    def thickness(self) -> float:
        """The diameter of the largest circle in its ink, in pixels."""
        padded = cv2.copyMakeBorder(self.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        return 2.0 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) - 1.0


def pieces_of(mask: NDArray[np.uint8], dark: NDArray[np.uint8], least: int) -> list[Piece]:
    """The connected components of a mask (8 neighbours) whose longer side has at least ``least`` pixels.

    Args:
        mask: uint8 ``[H, W]``, 255 where ink is.
        dark: uint8 ``[H, W]``, how dark it is.
        least: the smallest size.
    """
    if not mask.any():
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    sizes[0] = 0
    large = np.flatnonzero(sizes >= least)
    if large.size > _MOST:
        large = np.sort(large[np.argsort(-sizes[large], kind="stable")[:_MOST]])
    return [_cut_out(labels, dark, number, stats[number].tolist()) for number in large.tolist()]


def joined(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    left, top = min(piece.left for piece in pieces), min(piece.top for piece in pieces)
    right, bottom = max(piece.right for piece in pieces), max(piece.bottom for piece in pieces)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for piece in pieces:
        part = mask[piece.top - top : piece.bottom - top, piece.left - left : piece.right - left]
        np.maximum(part, piece.mask, out=part)
    return Piece(left, top, mask, max(piece.tone for piece in pieces))


def trimmed(left: int, top: int, mask: NDArray[np.uint8]) -> Piece:
    """A mask with ink as a piece, cut to the box around its ink."""
    across, down, width, height = cv2.boundingRect(mask)
    return Piece(left + across, top + down, mask[down : down + height, across : across + width])


def _cut_out(labels: NDArray[np.int32], dark: NDArray[np.uint8], number: int, stats: list[int]) -> Piece:
    left, top, width, height = stats[:4]
    place = slice(top, top + height), slice(left, left + width)
    mask = cv2.compare(labels[place], number, cv2.CMP_EQ)
    return Piece(left, top, mask, float(cv2.mean(dark[place], mask)[0]))
