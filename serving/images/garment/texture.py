"""Separation of a garment from a busy background: bedding, flowers, a patterned carpet, a room.

Each pixel is classified by two colour histograms, one of the middle and one of the border, together with its
neighbours. The histograms are refined a few times. This is the idea of GrabCut (Rother et al. 2004), without
its graph cut.
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
    """Separate the object in the middle from the surroundings that the border shows.

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
    """Return the number of each pixel's histogram cell, int ``[H, W]``, after a slight blur."""
    levels = (_blurred(rgb, _SOFTEN * max(rgb.shape)) * (_BINS / 256)).astype(np.intp)
    return np.asarray((levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2])


def _blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Apply a Gaussian blur of standard deviation ``sigma`` pixels, truncated at four of them."""
    side = 2 * int(4.0 * sigma + 0.5) + 1
    return cv2.GaussianBlur(values, (side, side), sigma, borderType=cv2.BORDER_REFLECT)


def _places(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return two priors by position, float32 ``[H, W]``: a first guess, 0..1, and log odds for all rounds."""
    y = np.linspace(-1, 1, shape[0]).astype(np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1]).astype(np.float32)[None, :]
    guess = _probability(np.float32(2.0) - np.float32(8.0) * (x * x + y * y))
    return guess, np.float32(1.0) - np.float32(3.0) * np.maximum(np.abs(x), np.abs(y)) ** 3


def _probability(odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), np.float32)


def _colours(cells: NDArray[np.intp], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of each histogram cell among the weighted pixels, smoothed over similar colours."""
    counts = np.bincount(cells.ravel(), weights.ravel(), _BINS**3).reshape((_BINS,) * 3)
    # First blur two axes, with the third as channels, then the third.
    smooth = cv2.GaussianBlur(counts, (7, 7), _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE).reshape(-1, _BINS)
    smooth = cv2.GaussianBlur(smooth, (7, 1), _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE).ravel() + _UNSEEN
    return np.asarray(smooth / smooth.sum())
