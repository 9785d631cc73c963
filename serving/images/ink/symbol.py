"""The recipe for letters and symbols, which keeps all marks of a picture instead of the main one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serving.errors import UnusableImage
from serving.images.ink.components import components_of
from serving.images.ink.contrast import NO_MARK
from serving.images.ink.main_mark import mask_of
from serving.images.ink.mnist_format import is_mnist_format, with_full_range
from serving.images.ink.page import read_page
from serving.images.ink.recipe import framed
from serving.images.picture import Picture, Prepared, prepared

_LEAST = 0.01
"""The least ink of a mark, as a share of the heaviest mark's; less is dirt."""
_SMALLEST = 0.02


def prepare_symbol(picture: Picture, skip: frozenset[str] = frozenset()) -> Prepared:
    """Prepare a picture of a symbol, which may have several parts: an i, a division sign, a syllable.

    Args:
        picture: a decoded picture.
        skip: the steps to skip, of the page and of the frame.

    Raises:
        UnusableImage: if the picture is blank or has no mark.
    """
    if is_mnist_format(picture.grey):
        pixels, more = with_full_range(picture.grey)
        return prepared(pixels, picture.steps + more)
    page = read_page(picture, skip)
    mask = _marks(page.mask, page.dark)
    if mask is None:
        raise UnusableImage(NO_MARK)
    pixels, steps, _ = framed(mask, skip)
    return prepared(pixels, (*picture.steps, *page.steps, *steps), inverted=page.inverted)


def _marks(mask: NDArray[np.uint8], dark: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return all marks but dirt and those at the border, cropped to their box; None if there are none."""
    found = components_of(mask, dark)
    if not found.parts:
        return None
    clear = [part for part in found.parts if not part.sides] or found.parts
    heaviest = max(part.mass for part in clear)
    kept = [part for part in clear if part.mass >= _LEAST * heaviest]
    left, top = min(part.left for part in kept), min(part.top for part in kept)
    right, bottom = max(part.right for part in kept), max(part.bottom for part in kept)
    if max(right - left, bottom - top) < _SMALLEST * max(mask.shape):
        return None
    return mask_of(kept, found.labels_in(left, top, right, bottom), found.count)
