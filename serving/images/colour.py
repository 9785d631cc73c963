"""Conversion of images of any Pillow mode to grey, colour and alpha as uint8 arrays."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.images.picture import Picture

_OPAQUE = 255
_OUTLIERS = 0.002
_DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
_NARROW = 0.1
_SPARSE = 16
LEAST_LUMINANCE = 64
"""If the grey levels of a picture span less, its ink may differ from the background in colour only."""


def to_picture(image: Image.Image, steps: tuple[str, ...] = ()) -> Picture:
    """Convert a loaded image.

    Args:
        image: an image of any mode, with its pixels loaded.
        steps: the steps done so far.

    Returns:
        The picture, composited over white, with its alpha channel if it has one.
    """
    if image.mode == "L" and "transparency" not in image.info:
        return Picture(np.asarray(image), steps=steps)
    image = _eight_bit(image)
    if image.mode == "L":
        return Picture(np.asarray(image), steps=steps)
    if image.mode == "RGB":
        return _opaque(np.asarray(image), steps)
    return _transparent(np.asarray(image), steps)


def luminance_range(grey: NDArray[np.uint8]) -> int:
    """Return the range of the grey levels of a plane uint8 ``[H, W]``, without 0.2 % at each end: 0..255."""
    some = np.ascontiguousarray(grey[::2, ::2])
    running = cv2.calcHist([some], [0], None, [256], [0, 256]).ravel().cumsum()
    low, high = np.searchsorted(running, (_OUTLIERS * running[-1], (1.0 - _OUTLIERS) * running[-1]))
    return int(high - low)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Convert any mode to L, RGB or RGBA."""
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBa"):
        return _with_alpha(image)
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_deep_grey(np.asarray(image)))
    return image.convert("RGB")


def _with_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    elif image.mode.startswith("I"):
        return Image.fromarray(_deep_grey(np.asarray(image)))
    return image.convert("RGBA")


def _deep_grey(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale grey of more than 8 bits to uint8, from 0 to the maximum of the smallest bit depth that fits.

    If the values use less than a tenth of that range, scale from their own minimum to their maximum.
    """
    wide = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(wide.min())), float(wide.max())
    high = next((top for top in _DEPTHS if high <= top), high)
    if 0.0 < float(wide.max()) - float(wide.min()) < _NARROW * (high - low):
        low, high = float(wide.min()), float(wide.max())
    return np.rint((wide - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8)


def _opaque(rgb: NDArray[np.uint8], steps: tuple[str, ...]) -> Picture:
    grey = _grey_of(rgb)
    if grey is not None:
        return Picture(grey, steps=steps)
    return Picture(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), rgb, steps=steps)


def _transparent(rgba: NDArray[np.uint8], steps: tuple[str, ...]) -> Picture:
    """Composite over white; an alpha channel that is 0 everywhere is ignored."""
    alpha, rgb = cv2.extractChannel(rgba, 3), cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    low, high, _, _ = cv2.minMaxLoc(alpha)
    if low == _OPAQUE or high == 0:
        return _opaque(rgb, steps)
    darkness = cv2.multiply(cv2.bitwise_not(rgb), cv2.merge([alpha] * 3), scale=1.0 / _OPAQUE)
    flat = _opaque(cv2.bitwise_not(darkness), steps)
    return Picture(flat.grey, flat.rgb, alpha, (*steps, "composited"))


def _grey_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return one channel if all three are equal, else None; checking a few pixels first rules most out."""
    few = rgb[::_SPARSE, ::_SPARSE]
    if (few[..., 1:] != few[..., :1]).any():
        return None
    first: NDArray[np.uint8] = cv2.extractChannel(rgb, 0)
    same = all(np.array_equal(first, cv2.extractChannel(rgb, channel)) for channel in (1, 2))
    return first if same else None
