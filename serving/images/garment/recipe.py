"""The recipe for clothing: Fashion-MNIST's own conversion, extended to photographs.

Fashion-MNIST trims pixels close to the corner's colour, resizes the longest side to 28, sharpens, centres the
garment in 28x28, negates, and converts to grey (Xiao, Rasul and Vollgraf 2017, section 2). Here the
background may have any colour, uneven light, show a room, or be transparent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE
from serving.errors import UnusableImage
from serving.images.garment import frame, tone
from serving.images.garment.background import find_background
from serving.images.garment.mask import find_garment
from serving.images.picture import Detail, Picture, Prepared, prepared
from serving.images.shrink import area_average

STEPS = ("alpha", "background", "texture", "pieces", "gaps", "lift", "sharpen")
"""The steps that can be skipped, to measure their effect."""

DETAIL = Detail(side=192)
"""The size to which pictures are reduced."""

_SHARPEN = 0.7
_LEAST_SHARE = 0.001
_OPAQUE = 128
_BLANK = "Nothing on the picture stands out from its background. Send one garment that fills most of it."


def prepare_garment(picture: Picture, skip: frozenset[str]) -> Prepared:
    """Prepare a picture of a garment.

    Args:
        picture: a decoded picture.
        skip: the steps of ``STEPS`` to skip.

    Raises:
        UnusableImage: if the picture is blank.
    """
    if is_fashion_format(picture):
        return prepared(picture.grey, picture.steps)
    rgb = _colours(picture)
    background = find_background(rgb)
    alpha = None if picture.alpha is None else _small(picture.alpha) >= _OPAQUE
    mask, how = find_garment(rgb, alpha, background, skip)
    if np.count_nonzero(mask) / mask.size < _LEAST_SHARE:
        raise UnusableImage(_BLANK)
    negative = tone.is_negative(background.level, picture.rgb is not None)
    values = tone.to_grey(rgb, mask, negative)
    if "lift" not in skip:
        values = tone.lift(values, mask)
    place = frame.bounds(mask)
    framed = picture.rgb is None and frame.is_framed(place, mask.shape)
    small = frame.fit(values if framed else values[place])
    if "sharpen" not in skip and small.shape != values.shape:
        small = frame.sharpen(small, _SHARPEN)
    pixels = frame.centre(tone.stretch(small))
    steps = (how, *(() if negative else ("negated",)), *(() if framed else ("trimmed", "centred")))
    return prepared(pixels, (*picture.steps, *steps), inverted=not negative)


def is_fashion_format(picture: Picture) -> bool:
    """Return whether a picture has Fashion-MNIST's format: 28x28, grey, on black, brightest pixel white."""
    grey = picture.grey
    if grey.shape != (IMAGE_SIDE, IMAGE_SIDE) or picture.rgb is not None or picture.alpha is not None:
        return False
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return bool(border.mean() < 127 and grey.max() >= 254)


def _colours(picture: Picture) -> NDArray[np.float32]:
    """Return the picture in three channels at working size, float32 ``[H, W, 3]``, 0..255."""
    if picture.rgb is not None:
        return _small(picture.rgb)
    return np.repeat(_small(picture.grey)[..., None], 3, axis=2)


def _small(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Reduce the longest side to at most ``DETAIL.side`` pixels by averaging areas; returns float32."""
    height, width = values.shape[:2]
    factor = DETAIL.side / max(height, width)
    if factor < 1:
        values = area_average(values, (max(1, round(width * factor)), max(1, round(height * factor))))
    return values.astype(np.float32)
