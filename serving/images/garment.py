"""Clothing: Fashion-MNIST's own conversion, made to hold for photographs.

Xiao, Rasul and Vollgraf (2017), section 2: trim what is close to the corner's colour, longest edge to 28,
sharpen, extend to 28x28 with the garment in the middle, negate, grey. Here the background may have any
colour, fall off in light, or be a room.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import IMAGE_SIDE
from serving.errors import UnusableImage
from serving.images import garment_frame as frame
from serving.images import garment_mask as masks
from serving.images import garment_tone as tone
from serving.images.garment_background import find_background
from serving.images.garment_texture import separate
from serving.images.picture import Picture, Prepared, prepared

_WORKING_SIDE = 192
_EVEN_FROM = 0.6
_DARK = 48.0
_BLANK = (
    "Nothing on the picture stands out from its background: send one garment that fills most of the picture."
)


def prepare_garment(picture: Picture, skip: frozenset[str]) -> Prepared:
    """Turn a picture of clothing into what the model expects.

    Args:
        picture: a decoded picture.
        skip: names of steps to leave out: ``background``, ``texture``, ``pieces``, ``lift``, ``sharpen``.

    Raises:
        UnusableImage: a blank picture.
    """
    if is_native_garment(picture):
        return prepared(picture.grey, picture.steps)
    steps = list(picture.steps)
    rgb = _small(picture.grey if picture.rgb is None else picture.rgb)
    coloured = rgb.ndim == 3
    rgb = rgb if coloured else np.repeat(rgb[..., None], 3, axis=2)
    grey = rgb @ tone.LUMA
    background = find_background(rgb)
    mask = None
    if picture.alpha is not None and "alpha" not in skip:
        alpha = _small(picture.alpha) >= 128
        if 0.02 < alpha.mean() < 0.98:
            mask = alpha
    if mask is None:
        if background.share >= _EVEN_FROM or "texture" in skip:
            mask = masks.differing(background)
        else:
            mask = separate(rgb)
            steps.append("separated")
    if not mask.any():
        raise UnusableImage(_BLANK)
    if "pieces" not in skip:
        mask = masks.close_gaps(masks.main_pieces(mask))
    negative = not coloured and background.level < _DARK
    values = grey if negative else 255.0 - grey
    values = np.where(mask, values, 0).astype(np.float32)
    if "lift" not in skip:
        values = tone.lift(values, mask)
    place = frame.bounds(mask)
    small = frame.fit(values[place])
    if "sharpen" not in skip:
        small = frame.sharpen(small, 0.7)
    pixels = frame.centre(tone.stretch(small))
    return prepared(pixels, tuple(steps), inverted=not negative)


def is_native_garment(picture: Picture) -> bool:
    """Whether a picture already is as Fashion-MNIST is: 28x28, grey, on black."""
    grey = picture.grey
    if grey.shape != (IMAGE_SIDE, IMAGE_SIDE) or picture.rgb is not None or picture.alpha is not None:
        return False
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return bool(border.mean() < 127 and grey.max() >= 254)


def _small(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """At most ``_WORKING_SIDE`` pixels on the longest edge, by areas."""
    image = Image.fromarray(values)
    factor = _WORKING_SIDE / max(image.size)
    if factor < 1:
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Image.Resampling.BOX)
    return np.asarray(image, np.float32)
