"""The recipe for digits, step by step."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.errors import UnusableImage
from serving.images.ink import framing
from serving.images.ink.contrast import NO_MARK
from serving.images.ink.histogram import histogram, percentile
from serving.images.ink.main_mark import Mark, main_mark
from serving.images.ink.mnist_format import is_mnist_format, with_full_range
from serving.images.ink.page import PAGE_STEPS, Page, read_page
from serving.images.ink.stroke_width import normalise_stroke_width, stroke_width
from serving.images.ink.touching import is_several_digits
from serving.images.picture import Detail, Picture, Prepared, prepared

STEPS = (*PAGE_STEPS, "isolated", "cropped", "evened", "centred")
"""The steps that can be skipped, to measure their effect."""

DETAIL = Detail(pixels=250_000, colour=False)
"""The size to which pictures are reduced; a digit with 5 % of a photograph's height still has 25 rows."""

SEVERAL = "Several marks were found; the main one was classified. Crop the picture to a single digit."
WIDE = "The mark is wider than a digit, or two digits touch. Crop the picture to a single digit."

_HALF = 0.46
_FAINT_STRETCH = 0.5
_SMALLEST = 0.02
_FINE = 8
_ROOM = 0.6


def prepare_ink(picture: Picture, skip: frozenset[str] = frozenset()) -> Prepared:
    """Prepare a picture of a digit.

    Args:
        picture: a decoded picture.
        skip: the steps of ``STEPS`` to skip.

    Raises:
        UnusableImage: if the picture is blank or has no mark.
    """
    if is_mnist_format(picture.grey):
        pixels, more = with_full_range(picture.grey)
        return prepared(pixels, picture.steps + more)
    page = read_page(picture, skip)
    mask, warnings = _mark(page, skip)
    pixels, steps, several = framed(mask, skip)
    if several and not warnings:
        warnings = (WIDE,)
    isolated = () if "isolated" in skip else ("isolated",)
    return prepared(
        pixels,
        (*picture.steps, *page.steps, *isolated, *steps),
        inverted=page.inverted,
        warnings=warnings,
    )


def _mark(page: Page, skip: frozenset[str]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Find the main mark, first by the threshold for the whole page, then by a local one; with warnings."""
    mark = main_mark(page.mask, page.dark)
    if mark is None or mark.size < _SMALLEST * max(page.dark.shape):
        raise UnusableImage(NO_MARK)
    if "isolated" in skip:
        return page.mask, ()
    mark = _refined(page, mark)
    return mark.mask, () if mark.alone else (SEVERAL,)


def _refined(page: Page, mark: Mark) -> Mark:
    """Find the mark again by a threshold that follows its strokes, so that faint parts keep their width.

    If the mark is alone, only its surroundings are searched, unless it turns out to extend beyond them.
    """
    height, width = page.dark.shape
    if mark.alone:
        room = round(_ROOM * mark.size)
        rows = slice(max(0, mark.top - room), min(height, mark.top + mark.mask.shape[0] + room))
        columns = slice(max(0, mark.left - room), min(width, mark.left + mark.mask.shape[1] + room))
        dark = np.ascontiguousarray(page.dark[rows, columns])
        refined = main_mark(_local_ink(page, mark, dark), dark, (height, width), (rows.start, columns.start))
        if refined is not None and _lies_within(refined, rows, columns, (height, width)):
            return refined
    return main_mark(_local_ink(page, mark, page.dark), page.dark) or mark


def _lies_within(mark: Mark, rows: slice, columns: slice, page: tuple[int, int]) -> bool:
    """Return whether a mark touches no edge of a part of the page, apart from the page's own edges."""
    bottom, right = mark.top + mark.mask.shape[0], mark.left + mark.mask.shape[1]
    return bool(
        (mark.top > rows.start or not rows.start)
        and (mark.left > columns.start or not columns.start)
        and (bottom < rows.stop or rows.stop == page[0])
        and (right < columns.stop or columns.stop == page[1])
    )


def _local_ink(page: Page, mark: Mark, dark: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mask of pixels in ``dark`` that are at least about half as dark as the strokes nearby."""
    height, width = mark.mask.shape
    around = page.dark[mark.top : mark.top + height, mark.left : mark.left + width]
    level = percentile(histogram(np.ascontiguousarray(around), mark.mask), 85)
    few = max(3, mark.size // 5)
    peaks = cv2.blur(cv2.dilate(dark, np.ones((few, few), np.uint8)), (few, few))
    table = np.clip(np.arange(256), _FAINT_STRETCH * level, level) * _HALF
    limits = cv2.LUT(peaks, np.maximum(table, page.floor).astype(np.uint8))
    return cv2.compare(dark, limits, cv2.CMP_GT)


def framed(
    mask: NDArray[np.uint8], skip: frozenset[str] = frozenset(), *, count: bool = True
) -> tuple[NDArray[np.uint8], list[str], bool]:
    """Normalise the stroke width at eight times the final resolution, then put the mark into the frame.

    Args:
        mask: uint8 ``[H, W]``, 255 on ink, with at least one such pixel.
        skip: the steps of ``STEPS`` to skip.
        count: whether to check if the mark is more than one digit.

    Returns:
        The pixels, uint8 ``[28, 28]``, the steps done, and whether the mark is more than one digit.
    """
    steps: list[str] = []
    if "cropped" not in skip:
        mask = framing.crop(mask)
        steps.append("cropped")
    fine = framing.fit_mask(mask, framing.BOX * _FINE)
    width = stroke_width(fine)
    several = (
        count and "cropped" not in skip and is_several_digits(np.ascontiguousarray(fine[::2, ::2]), width / 2)
    )
    if "evened" not in skip:
        room = 2 * _FINE
        padded = cv2.copyMakeBorder(fine, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
        fine, evened = normalise_stroke_width(padded, width, _FINE)
        fine = framing.crop(fine) if "cropped" not in skip else fine
        steps.extend([evened] if evened else [])
    pixels = framing.fit(fine)
    if "centred" in skip:
        return framing.centre(pixels, by_mass=False), steps, several
    return framing.centre(pixels), [*steps, "centred"], several
