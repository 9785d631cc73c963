"""Rotation of pictures to upright, by their EXIF orientation."""

from __future__ import annotations

import struct
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.images.picture import Picture

_TAG = 0x0112
_MIRROR = 1
_FLIP = 0
# EXIF orientation: rotation, then mirroring.
_TURNS: dict[int, tuple[int | None, int | None]] = {
    2: (None, _MIRROR),
    3: (cv2.ROTATE_180, None),
    4: (None, _FLIP),
    5: (cv2.ROTATE_90_CLOCKWISE, _MIRROR),
    6: (cv2.ROTATE_90_CLOCKWISE, None),
    7: (cv2.ROTATE_90_CLOCKWISE, _FLIP),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, None),
}


def turned(picture: Picture, image: Image.Image) -> Picture:
    """Turn a picture upright.

    Args:
        picture: the picture as stored in the file.
        image: the image that it was converted from, for its EXIF data.
    """
    turn = _TURNS.get(_orientation(image))
    if turn is None:
        return picture
    return replace(
        picture,
        grey=_turned(picture.grey, *turn),
        rgb=None if picture.rgb is None else _turned(picture.rgb, *turn),
        alpha=None if picture.alpha is None else _turned(picture.alpha, *turn),
        sent_size=_turned_size(picture.sent_size, turn[0]),
        steps=(*picture.steps, "turned"),
    )


def _turned(plane: NDArray[np.uint8], rotation: int | None, mirror: int | None) -> NDArray[np.uint8]:
    if rotation is not None:
        plane = cv2.rotate(plane, rotation)
    return plane if mirror is None else cv2.flip(plane, mirror)


def _turned_size(size: tuple[int, int] | None, rotation: int | None) -> tuple[int, int] | None:
    """Return width and height after a rotation; a rotation by 90 degrees swaps them."""
    return size if size is None or rotation in (None, cv2.ROTATE_180) else size[::-1]


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 (upright) if there is none or it cannot be read."""
    if not image.info.get("exif") and image.format not in ("TIFF", "PNG", "WEBP"):
        return 1
    try:
        return int(image.getexif().get(_TAG, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error):
        return 1
