"""The recipe for digits: whatever ink is on whatever ground becomes a picture as MNIST has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.errors import UnusableImage
from serving.images import frame, strokes
from serving.images.marks import main_mark
from serving.images.native import is_native_digit
from serving.images.paper import darkness, ground_of
from serving.images.picture import Picture, Prepared, prepared
from serving.images.polarity import border_of, has_even_border, is_light_on_dark
from serving.images.rules import without_rules
from serving.images.threshold import local_level, noise_of, otsu

STEPS = ("inverted", "flattened", "unlined", "isolated", "cropped", "evened", "centred")
"""The steps that can be switched off, for measuring what each is worth."""

_BLANK = "There is no digit to be seen: the picture is blank. Draw or photograph one with more contrast."
_SEVERAL = "Several marks were found; the main one was classified. Crop the picture to a single digit."
_FAINTEST = 0.05
_LEAST_SIDE = 160
_ONE_TONE = 48
_HALF = 0.46
_SMALLEST = 0.02
_FINE = 8


def prepare_ink(picture: Picture, skip: frozenset[str] = frozenset()) -> Prepared:
    """Prepare a picture of a digit.

    Args:
        picture: a decoded picture.
        skip: some of ``STEPS``.

    Raises:
        UnusableImage: the picture is blank.
    """
    if is_native_digit(picture.grey):
        return prepared(picture.grey, picture.steps)
    steps = list(picture.steps)
    plane = _plane(picture)
    inverted = "inverted" in skip or not is_light_on_dark(plane)
    if inverted:
        steps.append("inverted")
    dark, flattened = _darkness(plane if inverted else 1.0 - plane, skip)
    if flattened:
        steps.append("flattened")
    if "unlined" not in skip:
        dark, unlined = without_rules(dark, noise_of(dark))
        steps.extend(["unlined"] if unlined else [])
    mask, warnings = _mark(dark, skip)
    if "isolated" not in skip:
        steps.append("isolated")
    pixels, more = _framed(mask, skip)
    return prepared(pixels, (*steps, *more), inverted=inverted, warnings=warnings)


def _plane(picture: Picture) -> NDArray[np.float32]:
    """The plane on which the digit shows, 0..1, at a size that has room for single-pixel strokes."""
    grey = _shown_by_alpha(picture)
    longest = max(grey.shape)
    if longest < _LEAST_SIDE:
        factor = -(-_LEAST_SIDE // longest)
        size = (grey.shape[1] * factor, grey.shape[0] * factor)
        grey = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC))
    plane = (grey / np.float32(255.0)).astype(np.float32)
    if float(np.ptp(plane)) < _FAINTEST:
        raise UnusableImage(_BLANK)
    return plane


def _shown_by_alpha(picture: Picture) -> NDArray[np.uint8]:
    """The opaque parts as ink where they are of one tone, be it white; else the picture as composited."""
    if picture.alpha is None:
        return picture.grey
    opaque = picture.grey[picture.alpha > 127]
    if opaque.size and int(np.ptp(opaque)) >= _ONE_TONE:
        return picture.grey
    return 255 - picture.alpha


def _darkness(plane: NDArray[np.float32], skip: frozenset[str]) -> tuple[NDArray[np.float32], bool]:
    if "flattened" in skip or has_even_border(plane):
        return darkness(plane, float(np.median(border_of(plane)))), False
    return darkness(plane, ground_of(plane)), True


def _mark(dark: NDArray[np.float32], skip: frozenset[str]) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Find the main mark, first at a threshold for the whole page, then at one of its own."""
    floor = max(_FAINTEST, float(np.median(dark)) + 4.0 * noise_of(dark))
    inked = dark[dark > floor]
    if not inked.size:
        raise UnusableImage(_BLANK)
    mask = dark > max(floor, 0.8 * otsu(inked))
    mark = main_mark(mask, dark)
    if mark is None or _longest(mark.mask) < _SMALLEST * max(dark.shape):
        raise UnusableImage(_BLANK)
    if "isolated" in skip:
        return mask, ()
    level = float(np.percentile(dark[mark.mask], 85))
    own = _HALF * local_level(dark, level, max(3, _longest(mark.mask) // 5))
    mark = main_mark(dark > np.maximum(floor, own), dark) or mark
    return mark.mask, () if mark.alone else (_SEVERAL,)


def _longest(mask: NDArray[np.bool_]) -> int:
    """The longer side of the box around a mark, in pixels."""
    height, width = frame.crop(mask).shape
    return int(max(height, width))


def _framed(mask: NDArray[np.bool_], skip: frozenset[str]) -> tuple[NDArray[np.uint8], list[str]]:
    """Even the strokes at eight times the final resolution, then put the mark into the frame."""
    steps: list[str] = []
    if "cropped" not in skip:
        mask = frame.crop(mask)
        steps.append("cropped")
    fine = frame.fit_mask(mask, frame.BOX * _FINE)
    if "evened" not in skip:
        fine, evened = strokes.even(np.pad(fine, 2 * _FINE), _FINE)
        fine = frame.crop(fine) if "cropped" not in skip else fine
        steps.extend([evened] if evened else [])
    pixels = frame.fit(np.where(fine, np.uint8(255), np.uint8(0)))
    if "centred" in skip:
        return frame.centre(pixels, by_mass=False), steps
    return frame.centre(pixels), [*steps, "centred"]
