"""A picture read as a page: ink on paper, whatever the tones, the light, and what lies around the paper."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.errors import UnusableImage
from serving.images.ink.background import BLACK, estimate_background, reflectance
from serving.images.ink.contrast import contrast_plane
from serving.images.ink.histogram import deviation, histogram, otsu, percentile
from serving.images.ink.polarity import border_of, border_tone, is_light_on_dark
from serving.images.ink.ruled_paper import without_ruled_lines
from serving.images.ink.sheet import crop_to_opaque, crop_to_sheet
from serving.images.picture import Picture

BLANK = "There is no digit to be seen: the picture is blank. Draw or photograph one with more contrast."

_FAINTEST = 0.05 * BLACK
_LEAST_SIDE = 160
_LEAST_RANGE = 4
_NOISE = 4.0
_BELOW_OTSU = 0.8


@dataclass(frozen=True)
class Page:
    """Ink on paper.

    Attributes:
        dark: uint8 ``[H, W]``, how much darker than the paper each pixel is: 0 paper, ``BLACK`` black.
        mask: uint8 ``[H, W]``, 255 where there is ink by a threshold for the whole page.
        floor: the darkness below which nothing is ink, however faint the strokes.
        inverted: whether the ink was dark on a light ground.
        steps: what was done, in order.
    """

    dark: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    floor: float
    inverted: bool
    steps: tuple[str, ...]


def read_page(picture: Picture, skip: frozenset[str] = frozenset()) -> Page:
    """Find the paper and the ink on it.

    Args:
        picture: a decoded picture.
        skip: some of ``sheet``, ``inverted``, ``flattened`` and ``unlined``.

    Raises:
        UnusableImage: the picture is blank.
    """
    plane, steps = contrast_plane(picture)
    if int(np.ptp(plane)) < _LEAST_RANGE:
        raise UnusableImage(BLANK)
    if "sheet" not in skip:
        plane, cropped = _cropped(plane, picture.alpha)
        steps += ["sheet"] if cropped else []
    plane = _enlarged(plane)
    border = border_tone(plane)
    inverted = "inverted" in skip or not is_light_on_dark(plane, border)
    if inverted:
        steps.append("inverted")
    else:
        plane = cv2.bitwise_not(plane)
    if "flattened" in skip or border is not None:
        light = reflectance(plane, percentile(histogram(border_of(plane)), 50))
    else:
        light = reflectance(plane, estimate_background(plane))
        steps.append("flattened")
    noise = deviation(histogram(light))
    dark = cv2.subtract(np.full_like(light, BLACK), light)
    if "unlined" not in skip:
        dark, unlined = without_ruled_lines(dark, noise)
        steps += ["unlined"] if unlined else []
    floor = max(_FAINTEST, percentile(histogram(dark), 50) + _NOISE * noise)
    return Page(dark, _ink(dark, floor), floor, inverted, tuple(steps))


def _cropped(plane: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> tuple[NDArray[np.uint8], bool]:
    """Leave out what lies around the paper."""
    opaque = None if alpha is None else crop_to_opaque(plane, alpha)
    plane = _enlarged(plane if opaque is None else opaque)
    sheet = crop_to_sheet(plane)
    return plane if sheet is None else sheet, opaque is not None or sheet is not None


def _enlarged(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plane at a size that has room for strokes of a single pixel."""
    factor = -(-_LEAST_SIDE // max(plane.shape))
    return (
        plane if factor <= 1 else cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    )


def _ink(dark: NDArray[np.uint8], floor: float) -> NDArray[np.uint8]:
    """Where there is ink, by Otsu's threshold among what is not paper.

    Raises:
        UnusableImage: there is none.
    """
    counts = histogram(dark)
    counts[: int(floor) + 1] = 0
    if not counts.any():
        raise UnusableImage(BLANK)
    return cv2.threshold(dark, max(floor, _BELOW_OTSU * otsu(counts)), 255, cv2.THRESH_BINARY)[1]
