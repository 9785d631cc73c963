"""Where ink begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS = 256


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
    middle = float(np.median(values))
    return 1.4826 * float(np.median(np.abs(values - middle)))
