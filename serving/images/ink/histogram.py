"""Statistics of 8-bit planes, computed from their histograms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
"""float64 ``[256]``: the number of pixels with each value."""

_TO_DEVIATION = 1.4826


def histogram(plane: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> Counts:
    """Count the values of a plane.

    Args:
        plane: uint8, any shape with at least one pixel.
        mask: uint8 of the same shape; only pixels with a non-zero mask are counted.
    """
    counts: Counts = (
        cv2.calcHist([np.atleast_2d(plane)], [0], mask, [256], [0, 256]).ravel().astype(np.float64)
    )
    return counts


def mirrored(counts: Counts, top: int) -> Counts:
    """Return the histogram of ``max(top - value, 0)``."""
    other = np.zeros_like(counts)
    other[1 : top + 1] = counts[:top][::-1]
    other[0] = counts[top:].sum()
    return other


def percentile(counts: Counts, percent: float) -> int:
    """Return the smallest value that at least ``percent`` % of the pixels do not exceed."""
    running = counts.cumsum()
    return int(np.searchsorted(running, max(1.0, running[-1] * percent / 100.0)))


def deviation(counts: Counts) -> float:
    """Estimate the standard deviation of normal noise from the median absolute deviation."""
    middle = percentile(counts, 50)
    below, above = counts[middle::-1], counts[middle:]
    distances = np.zeros(256)
    distances[: below.size] += below
    distances[1 : above.size] += above[1:]
    return _TO_DEVIATION * percentile(distances, 50)


def otsu(counts: Counts) -> float:
    """Return the threshold that separates the values best into two classes (Otsu 1979).

    Args:
        counts: a non-empty histogram.
    """
    below = counts.cumsum()
    above = below[-1] - below
    mass = (counts * np.arange(256)).cumsum()
    weight = below * above
    apart = (mass[-1] * below / below[-1] - mass) ** 2
    best = np.divide(apart, weight, out=np.zeros_like(weight), where=weight > 0)
    peak = np.flatnonzero(best >= best.max())
    return float(peak[0] + peak[-1]) / 2 + 0.5
