"""A picture read as a page: ink on paper of any tone, in any light, with any surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.errors import UnusableImage
from serving.images.ink.background import BLACK, estimate_background, reflectance
from serving.images.ink.contrast import NO_MARK, contrast_plane
from serving.images.ink.histogram import Counts, deviation, histogram, mirrored, otsu, percentile
from serving.images.ink.polarity import border_of, border_tone, is_light_on_dark
from serving.images.ink.ruled_paper import without_ruled_lines
from serving.images.ink.sheet import crop_to_ground
from serving.images.ink.sizes import enlarged, thumbnail
from serving.images.picture import Picture

PAGE_STEPS = ("sheet", "inverted", "flattened", "unlined")
"""The steps of ``read_page`` that can be skipped."""

_FAINTEST = 0.05 * BLACK
_LEAST_RULED = 72
"""The shortest side to look for ruled lines on; on smaller pictures, strokes are as thin as lines."""
_NOISE = 4.0
_BELOW_OTSU = 0.8


@dataclass(frozen=True)
class Page:
    """Ink on paper.

    Attributes:
        dark: uint8 ``[H, W]``, how much darker than the paper each pixel is: 0 is paper, ``BLACK`` is black.
        mask: uint8 ``[H, W]``, 255 on ink, by a threshold for the whole page.
        floor: the darkness below which nothing counts as ink.
        inverted: whether the ink was dark on a light background.
        steps: the steps done, in order.
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
        skip: the steps to skip, of ``PAGE_STEPS``.

    Raises:
        UnusableImage: if the picture is blank.
    """
    light, inverted, steps = _reflectance(picture, skip)
    counts = histogram(light)
    noise = deviation(counts)
    dark, counts = cv2.subtract(np.full_like(light, BLACK), light), mirrored(counts, BLACK)
    if "unlined" not in skip and min(picture.grey.shape) >= _LEAST_RULED:
        bare, unlined = without_ruled_lines(dark, noise)
        if unlined:
            dark, counts = bare, histogram(bare)
            steps.append("unlined")
    floor = max(_FAINTEST, percentile(counts, 50) + _NOISE * noise)
    return Page(dark, _ink(dark, counts, floor), floor, inverted, tuple(steps))


def _reflectance(picture: Picture, skip: frozenset[str]) -> tuple[NDArray[np.uint8], bool, list[str]]:
    """Return the reflectance of the innermost sheet, whether its ink was dark, and the steps done."""
    plane, steps = contrast_plane(picture)
    if "sheet" in skip:
        plane = enlarged(plane)
        small = thumbnail(plane)
    else:
        plane, small, cropped = crop_to_ground(plane, picture.alpha)
        steps += ["sheet"] if cropped else []
    border = border_tone(plane)
    inverted = "inverted" in skip or not is_light_on_dark(plane, small, border)
    if inverted:
        steps.append("inverted")
    else:
        plane, small = cv2.bitwise_not(plane), cv2.bitwise_not(small)
        border = None if border is None else 255 - border
    if border is None and "flattened" in skip:
        border = percentile(histogram(border_of(plane)), 50)
    if border is not None:
        return reflectance(plane, border), inverted, steps
    light = reflectance(plane, estimate_background(small, plane.shape))
    return light, inverted, [*steps, "flattened"]


def _ink(dark: NDArray[np.uint8], counts: Counts, floor: float) -> NDArray[np.uint8]:
    """Return the mask of the ink, by Otsu's threshold among the pixels that are not paper.

    Raises:
        UnusableImage: if there is no ink.
    """
    counts = counts.copy()
    counts[: int(floor) + 1] = 0
    if not counts.any():
        raise UnusableImage(NO_MARK)
    return cv2.threshold(dark, max(floor, _BELOW_OTSU * otsu(counts)), 255, cv2.THRESH_BINARY)[1]
