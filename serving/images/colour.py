"""Pixels of every mode that Pillow knows -> grey, colour and alpha as uint8 arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.images.picture import Picture

_OPAQUE = 255
_WHITE = 255


def to_picture(image: Image.Image, steps: tuple[str, ...] = ()) -> Picture:
    """Convert a loaded image.

    Args:
        image: any mode; pixels loaded, upright.
        steps: what was done so far.

    Returns:
        The picture, composited over white, its alpha kept.
    """
    if image.mode == "L" and "transparency" not in image.info:
        return Picture(np.asarray(image), steps=steps)
    image = _eight_bit(image)
    if image.mode == "L":
        return Picture(np.asarray(image), steps=steps)
    if image.mode == "RGB":
        return _opaque(image, steps)
    return _transparent(image, steps)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring any mode to L, RGB or RGBA."""
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
    """Grey of more than 8 bits: 16 bits as 0..65535; other ranges from their own minimum to maximum."""
    if values.dtype == np.uint16:
        return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    wide = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(wide.min())), float(wide.max())
    for top in (1.0, 255.0, 65535.0):
        if high <= top:
            high = top
            break
    return np.rint((wide - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8)


def _opaque(image: Image.Image, steps: tuple[str, ...]) -> Picture:
    rgb = np.asarray(image)
    if _is_grey(rgb):
        return Picture(np.ascontiguousarray(rgb[..., 0]), steps=steps)
    return Picture(np.asarray(image.convert("L")), rgb, steps=steps)


def _transparent(image: Image.Image, steps: tuple[str, ...]) -> Picture:
    alpha = np.asarray(image.getchannel("A"))
    if int(alpha.min()) == _OPAQUE:
        return _opaque(image.convert("RGB"), steps)
    paper = Image.new("RGBA", image.size, (_WHITE, _WHITE, _WHITE, _OPAQUE))
    paper.alpha_composite(image)
    flat = _opaque(paper.convert("RGB"), steps)
    return Picture(flat.grey, flat.rgb, alpha, (*steps, "composited"))


def _is_grey(rgb: NDArray[np.uint8]) -> bool:
    """Whether the three channels are the same everywhere."""
    first = rgb[..., 0]
    return bool(np.array_equal(first, rgb[..., 1]) and np.array_equal(first, rgb[..., 2]))
