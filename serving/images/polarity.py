"""Dark on light or light on dark: told from the border, or from which way the ink stands out of the paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

_EVEN = 0.12
_FINE, _COARSE = 128, 33


def border_of(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pixels of a frame around the picture, 3 % of the shorter side wide, as one row."""
    wide = max(1, round(0.03 * min(plane.shape)))
    sides = (plane[:wide], plane[-wide:], plane[wide:-wide, :wide], plane[wide:-wide, -wide:])
    return np.concatenate([side.ravel() for side in sides])


def has_even_border(plane: NDArray[np.float32]) -> bool:
    """Whether nine tenths of the border have one tone, as in drawings and clean scans."""
    low, high = np.percentile(border_of(plane), (5, 95))
    return bool(high - low < _EVEN * max(float(np.ptp(plane)), 1e-6))


def is_light_on_dark(plane: NDArray[np.float32]) -> bool:
    """Decide the polarity.

    Args:
        plane: float32 ``[H, W]``, 0 black to 1 white.

    Returns:
        True when the marks are lighter than their ground.
    """
    if has_even_border(plane):
        middle = (float(plane.min()) + float(plane.max())) / 2
        return bool(np.median(border_of(plane)) < middle)
    small = np.asarray(Image.fromarray(plane).resize(_thumbnail(plane.shape, _FINE), Image.Resampling.BOX))
    coarse = Image.fromarray(plane).resize(_thumbnail(plane.shape, _COARSE), Image.Resampling.BOX)
    smooth = ndimage.median_filter(np.asarray(coarse), size=_COARSE // 3, mode="nearest")
    ground = np.asarray(Image.fromarray(smooth).resize(small.shape[::-1], Image.Resampling.BILINEAR))
    return bool(np.mean((small - ground) ** 3) > 0)


def _thumbnail(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    """Width and height of a small copy."""
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
