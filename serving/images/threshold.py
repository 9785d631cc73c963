"""Where ink begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_BINS = 256
_FAINT_STRETCH = 0.5
_WIDE = 8
_PLENTY, _SPARSE = 100_000, 4


def otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts values best into two classes (Otsu 1979).

    Args:
        values: float32, any shape, 0..1.
    """
    counts = np.bincount((values.ravel() * (_BINS - 1)).astype(np.intp), minlength=_BINS).astype(np.float64)
    levels = np.arange(_BINS)
    below = np.cumsum(counts)
    above = below[-1] - below
    mass = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * below / below[-1] - mass) ** 2 / (below * above)
    best = np.nan_to_num(between, nan=0.0, posinf=0.0)
    peak = np.flatnonzero(best >= best.max())
    return float((peak[0] + peak[-1]) / 2 + 0.5) / (_BINS - 1)


def noise_of(values: NDArray[np.float32]) -> float:
    """The standard deviation of the paper's grain, from the median absolute deviation."""
    some = values[::_SPARSE, ::_SPARSE] if values.size > _PLENTY else values
    return 1.4826 * float(np.median(np.abs(some - np.median(some))))


def local_level(dark: NDArray[np.float32], level: float, reach: int) -> NDArray[np.float32]:
    """How dark the ink is around each place, so that faint stretches of a stroke keep their width.

    Args:
        dark: float32 ``[H, W]``.
        level: how dark the mark is as a whole.
        reach: how far around, in pixels.

    Returns:
        float32 ``[H, W]``, between half of ``level`` and ``level``.
    """
    step = 2 if dark.size > _PLENTY and reach >= _WIDE else 1
    few = max(1, reach // step)
    coarse = ndimage.maximum_filter(dark[::step, ::step], size=few)
    smooth = ndimage.uniform_filter(coarse, size=few)
    peaks = smooth.repeat(step, axis=0)[: dark.shape[0]].repeat(step, axis=1)[:, : dark.shape[1]]
    levels: NDArray[np.float32] = np.clip(peaks, _FAINT_STRETCH * level, level).astype(np.float32)
    return levels
