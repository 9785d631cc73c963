"""A garment on a background that is no even surface: carpet, bedding, flowers, a room.

Two colour histograms, one of the border and one of the middle, are told apart pixel by pixel and refined a
few times, each pixel listening to its neighbours (the idea of GrabCut, Rother et al. 2004, without its
graph cut).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from serving.images.garment_background import ring

_BINS = 16
_ROUNDS = 6
_WIDE_RING = 0.06
_CONFIDENT = 4.0
_SOFTEN = 0.008


def separate(rgb: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell the thing in the middle from what the border shows.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.

    Returns:
        bool ``[H, W]``, True on the garment.
    """
    cells = np.ravel_multi_index(
        tuple((rgb / (256 / _BINS)).astype(np.intp).transpose(2, 0, 1)), (_BINS,) * 3
    )
    prior = _prior(rgb.shape)
    border = ring(rgb.shape, _WIDE_RING)
    inside = 1 / (1 + np.exp(-prior))
    blur = max(0.7, 0.012 * max(rgb.shape[:2]))
    for _ in range(_ROUNDS):
        outside = np.maximum(1 - inside, 0.5 * border)
        odds = np.log(_colours(cells, inside)[cells] / _colours(cells, outside)[cells])
        odds = ndimage.gaussian_filter(np.clip(odds, -_CONFIDENT, _CONFIDENT), blur) * 2 + prior
        inside = 1 / (1 + np.exp(-odds))
    return np.asarray(inside > 0.5)


def _prior(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Log odds of being garment by place alone: likely in the middle, unlikely at the border."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return 2.0 - 4.0 * np.maximum(np.abs(x), np.abs(y)) ** 3


def _colours(cells: NDArray[np.intp], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each colour cell among the weighted pixels, smoothed, flat."""
    counts = np.bincount(cells.ravel(), weights.ravel(), _BINS**3).reshape((_BINS,) * 3)
    smooth = ndimage.gaussian_filter(counts, 0.8, mode="nearest").ravel()
    return np.asarray((smooth + 0.02) / (smooth.sum() + 0.02 * _BINS**3))
