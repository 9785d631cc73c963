"""The pieces of ink on a page: connected components that are marks, or parts of marks, by size and shape."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Piece:
    """Some connected ink.

    Attributes:
        left: first column on the page.
        top: first row on the page.
        mask: uint8, 255 on its ink, cut to the box around it.
    """

    left: int
    top: int
    mask: NDArray[np.uint8]

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

    @property
    def area(self) -> int:
        """How many pixels of ink it has."""
        return int(np.count_nonzero(self.mask))


def pieces_of(mask: NDArray[np.uint8], least: int) -> list[Piece]:
    """The connected components of a mask (8 neighbours) whose longer side has at least ``least`` pixels.

    Args:
        mask: uint8 ``[H, W]``, 255 where ink is.
        least: the smallest size.

    Returns:
        They in the order of their first rows.
    """
    if not mask.any():
        return []
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sizes = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    sizes[0] = 0
    return [
        _cut_out(labels, number, stats[number].tolist()) for number in np.flatnonzero(sizes >= least).tolist()
    ]


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
    return Piece(left, top, mask)


def trimmed(left: int, top: int, mask: NDArray[np.uint8]) -> Piece:
    """A mask with ink as a piece, cut to the box around its ink."""
    across, down, width, height = cv2.boundingRect(mask)
    return Piece(left + across, top + down, mask[down : down + height, across : across + width])


def _cut_out(labels: NDArray[np.int32], number: int, stats: list[int]) -> Piece:
    left, top, width, height = stats[:4]
    box = labels[top : top + height, left : left + width]
    return Piece(left, top, cv2.compare(box, number, cv2.CMP_EQ))
