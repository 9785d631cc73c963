"""Reduction of pictures by averaging areas."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.images.picture import Picture

_OPAQUE = 255
_AVERAGED_AS = {"1": "L", "P": "RGB", "PA": "RGBA"}


def halved(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Divide the sides of an image by the largest whole number that leaves it no smaller than ``size``.

    Args:
        image: an image of any mode, with its pixels loaded; more than 8 bits are kept.
        size: width and height.

    Returns:
        The reduced image, in a mode that can be averaged: palettes become RGB or RGBA.
    """
    factor = min(image.width // size[0], image.height // size[1])
    if image.mode.startswith(("I", "F")):
        return _reduced_deep(image, factor)
    if "transparency" in image.info:
        image = image.convert("RGBA")
    image = image.convert(_AVERAGED_AS.get(image.mode, image.mode))
    if factor < 2:
        return image
    if image.mode in ("RGBA", "LA") and _is_one_opacity(image):
        # Pillow weights colours by opacity, which takes time, and loses all colours if the opacity is 0.
        image = image.convert(image.mode[:-1])
    return image.reduce(factor)


def shrunk(picture: Picture, size: tuple[int, int]) -> Picture:
    """Resize the planes of a picture to ``size``, a width and height no larger than its own."""
    if picture.grey.shape == size[::-1]:
        return picture
    return replace(
        picture,
        grey=area_average(picture.grey, size),
        rgb=None if picture.rgb is None else area_average(picture.rgb, size),
        alpha=None if picture.alpha is None else area_average(picture.alpha, size),
    )


def area_average(plane: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize a plane to ``size``, a width and height, by averaging areas."""
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def _is_one_opacity(image: Image.Image) -> bool:
    """Return whether the opacity is 255 everywhere, or 0 everywhere, which is ignored."""
    low, high, _, _ = cv2.minMaxLoc(np.asarray(image.getchannel("A")))
    return low == _OPAQUE or high == 0


def _reduced_deep(image: Image.Image, factor: int) -> Image.Image:
    values = np.asarray(image)
    values = values.astype(np.uint16 if values.dtype.kind == "u" else np.float32, copy=False)
    whole = values[: values.shape[0] // factor * factor, : values.shape[1] // factor * factor]
    size = whole.shape[1] // factor, whole.shape[0] // factor
    return Image.fromarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA))
