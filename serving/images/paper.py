"""Uneven paper made even: the ground is estimated and divided out, what is left is the ink's darkness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

_THUMBNAIL = 128
_REACH = 0.14
_DIMMEST = 0.15


def darkness(plane: NDArray[np.float32], ground: NDArray[np.float32] | float) -> NDArray[np.float32]:
    """How much darker than its ground each pixel is: 0 for paper, 1 for black, below 0 for brighter grain.

    Args:
        plane: float32 ``[H, W]``, ink dark on light, 0..1.
        ground: the brightness of the paper, of the same shape or one for all.
    """
    dark: NDArray[np.float32] = np.maximum(1.0 - plane / np.maximum(ground, _DIMMEST), -1.0).astype(
        np.float32
    )
    return dark


def ground_of(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the paper under the ink.

    A grey closing (dilation, then erosion) wider than any stroke removes the ink and keeps shadows; done on
    a thumbnail, since paper is smooth.

    Args:
        plane: float32 ``[H, W]``, ink dark on light.

    Returns:
        The paper's brightness, float32 ``[H, W]``.
    """
    height, width = plane.shape
    scale = _THUMBNAIL / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX))
    reach = max(3, round(_REACH * max(size))) | 1
    closed = ndimage.grey_closing(
        ndimage.median_filter(small, 3, mode="nearest"), (reach, reach), mode="nearest"
    )
    smooth = ndimage.gaussian_filter(closed, reach / 4, mode="nearest")
    return np.asarray(Image.fromarray(smooth).resize((width, height), Image.Resampling.BILINEAR))
