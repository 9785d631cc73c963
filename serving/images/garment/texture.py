"""A garment on a background that is no even surface: bedding, flowers, a patterned carpet, a room.

Two colour histograms, one of the middle and one of the border, are told apart pixel by pixel and refined a
few times, each pixel listening to its neighbours (the idea of GrabCut, Rother et al. 2004, without its
graph cut).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.garment.background import ring

_BINS = 16
_ROUNDS = 6
_WIDE_RING = 0.06
_CONFIDENT = 4.0
_WEIGHT = 2.0
_UNSEEN = 0.02
_NEIGHBOURS = 0.8
_SOFTEN, _LISTEN = 0.004, 0.012


def separate(rgb: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell the thing in the middle from what the border shows.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.

    Returns:
        bool ``[H, W]``, True on the garment.
    """
    cells = _cells(rgb)
    border = ring(rgb.shape, _WIDE_RING).astype(np.float32)
    listen = max(0.7, _LISTEN * max(rgb.shape[:2]))
    inside, prior = _places(rgb.shape)
    for _ in range(_ROUNDS):
        outside = np.maximum(1.0 - inside, border)
        odds = np.log(_colours(cells, inside) / _colours(cells, outside))
        heard = _blurred(np.clip(odds, -_CONFIDENT, _CONFIDENT).astype(np.float32)[cells], listen)
        inside = _probability(_WEIGHT * heard + prior)
    return np.asarray(inside > 0.5)


def _cells(rgb: NDArray[np.float32]) -> NDArray[np.intp]:
    """The histogram cell of each pixel, grain smoothed away."""
    levels = (_blurred(rgb, _SOFTEN * max(rgb.shape)) * (_BINS / 256)).astype(np.intp)
    return np.asarray((levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2])


def _blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A Gaussian blur, cut off at four standard deviations."""
    side = 2 * int(4.0 * sigma + 0.5) + 1
    return cv2.GaussianBlur(values, (side, side), sigma, borderType=cv2.BORDER_REFLECT)


def _places(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By place alone: a first guess of the garment in the middle, and the log odds kept throughout."""
    y = np.linspace(-1, 1, shape[0]).astype(np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1]).astype(np.float32)[None, :]
    guess = _probability(np.float32(2.0) - np.float32(8.0) * (x * x + y * y))
    return guess, np.float32(1.0) - np.float32(3.0) * np.maximum(np.abs(x), np.abs(y)) ** 3


def _probability(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), np.float32)


def _colours(cells: NDArray[np.intp], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of each colour cell among the weighted pixels, smoothed over neighbouring colours."""
    counts = np.bincount(cells.ravel(), weights.ravel(), _BINS**3).reshape((_BINS,) * 3)
    # Two axes at once, the third as channels; then the third.
    smooth = cv2.GaussianBlur(counts, (7, 7), _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE).reshape(-1, _BINS)
    smooth = cv2.GaussianBlur(smooth, (7, 1), _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE).ravel() + _UNSEEN
    return np.asarray(smooth / smooth.sum())
