"""The page to be read: its ink at a size that follows the marks, and where it lies on the picture as sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from serving.images.ink.page import Page, read_page
from serving.images.picture import Picture
from serving.images.reading.frames import without_frames
from serving.images.reading.pieces import Piece, pieces_of
from serving.images.reading.segmentation import Box
from serving.images.reading.strokes import local_ink
from serving.images.shrink import shrunk

_SPECK = 0.014
_SHEET = frozenset({"sheet"})
"""The step of the preparation that looks for the innermost sheet: on a grid, that is a single cell."""

_EDGE, _CONTRAST, _JUMP, _NEAR = 0.2, 0.45, 0.3, 0.02


@dataclass(frozen=True)
class Paper:
    """A page and its place on the picture.

    Attributes:
        page: see ``Page``.
        pieces: its ink.
        left: first column of the page on the picture as it was sent.
        top: first row.
        scale: pixels of that picture to one of the page.
    """

    page: Page
    pieces: list[Piece]
    left: float
    top: float
    scale: float

    def box(self, piece: Piece) -> Box:
        """Where a piece lies on the picture as it was sent."""
        left, right = (round(self.left + self.scale * x) for x in (piece.left, piece.right))
        top, bottom = (round(self.top + self.scale * y) for y in (piece.top, piece.bottom))
        return Box(left, top, max(1, right - left), max(1, bottom - top))


def paper_of(picture: Picture, pixels: int, least: int | None = None) -> Paper:
    """Find the ink of a picture.

    Args:
        picture: a decoded picture.
        pixels: how many pixels of it are looked at; of a larger one, a smaller copy is.
        least: size in pixels of the smallest ink that is no speck; in proportion to the page when None.

    Raises:
        UnusableImage: the picture is blank.
    """
    sent = picture.sent_size or picture.grey.shape[::-1]
    factor = min(1.0, (pixels / picture.grey.size) ** 0.5)
    if factor < 1.0:
        height, width = picture.grey.shape
        picture = shrunk(picture, (max(1, round(width * factor)), max(1, round(height * factor))))
    scale = max(sent) / max(picture.grey.shape)
    picture, left, top = without_edges(picture)
    page, pieces = _read(picture, _SHEET, least)
    if "unlined" in page.steps:
        # A grid is told from ink by what it encloses; without some of its lines, the rest is in bits.
        whole, found = _read(picture, _SHEET | {"unlined"}, least)
        if without_frames(found)[1]:
            page, pieces = whole, found
    enlarged = page.dark.shape[1] / picture.grey.shape[1]
    return Paper(page, pieces, left * scale, top * scale, scale / enlarged)


def _read(picture: Picture, skip: frozenset[str], least: int | None) -> tuple[Page, list[Piece]]:
    page = read_page(picture, skip)
    least = least or max(3, round(_SPECK * page.dark.size**0.5))
    return page, pieces_of(local_ink(page), page.dark, least)


def without_edges(picture: Picture) -> tuple[Picture, int, int]:
    """Cut away strips along the edges that have another tone throughout: a border, a table beside the sheet.

    Returns:
        The rest, and how many columns on the left and rows at the top are gone.
    """
    low, middle, high = np.percentile(picture.grey[::4, ::4], (2, 50, 98))
    across, down = np.median(picture.grey[::4], axis=0), np.median(picture.grey[:, ::4], axis=1)
    left, top = (_strip(tones, middle, high - low) for tones in (across, down))
    right, bottom = (_strip(tones[::-1], middle, high - low) for tones in (across, down))
    if not any((left, top, right, bottom)):
        return picture, 0, 0
    rows = slice(top, picture.grey.shape[0] - bottom)
    columns = slice(left, picture.grey.shape[1] - right)
    kept = replace(
        picture,
        grey=np.ascontiguousarray(picture.grey[rows, columns]),
        rgb=None if picture.rgb is None else np.ascontiguousarray(picture.rgb[rows, columns]),
        alpha=None if picture.alpha is None else np.ascontiguousarray(picture.alpha[rows, columns]),
    )
    return kept, left, top


def _strip(tones: NDArray[np.floating], middle: float, used: float) -> int:
    """How wide the strip at the beginning is that differs from the middle tone; 0 without a sharp edge."""
    far = np.abs(tones - middle) > _CONTRAST * max(used, 1.0)
    width = int(np.argmin(far)) if not far.all() else 0
    near = max(1, round(_NEAR * len(tones)))
    if not width or width > _EDGE * len(tones):
        return 0
    jump = abs(float(tones[max(0, width - near)]) - float(tones[min(len(tones) - 1, width + near)]))
    return width + near // 2 if jump > _JUMP * used else 0
