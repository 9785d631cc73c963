"""What surrounds a garment: a smooth surface told from the border, and how far each pixel is from it.

Fashion-MNIST trims what lies within 5 % of the corner's colour (Xiao et al. 2017, section 2). Photographs
have light that falls off, so the colour here is a surface over the picture, fitted to the border.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_RING = 0.03
_NEAR = (64.0, 40.0, 24.0, 16.0)
_FEWEST = 8
_DAMPING = 1e-5
_QUADRATIC_FROM, _PLANE_FROM = 0.75, 0.5


@dataclass(frozen=True)
class Background:
    """A background told from the border.

    Attributes:
        surface: float32 ``[H, W, 3]``, its colour at each pixel, 0..255.
        distance: float32 ``[H, W]``, largest difference of a channel from it, 0..255.
        spread: how much the border scatters about it, in the same unit.
        share: the share of the border that belongs to it, 0..1.
    """

    surface: NDArray[np.float32]
    distance: NDArray[np.float32]
    spread: float
    share: float

    @property
    def level(self) -> float:
        """Mean intensity, 0 black to 255 white."""
        return float(self.surface.mean())


def ring(shape: tuple[int, ...], width: float = _RING) -> NDArray[np.bool_]:
    """The border of a picture as a mask, at least one pixel wide."""
    rows, columns = shape[:2]
    edge = max(1, round(width * min(rows, columns)))
    mask = np.ones((rows, columns), np.bool_)
    if rows > 2 * edge and columns > 2 * edge:
        mask[edge:-edge, edge:-edge] = False
    return mask


def find_background(rgb: NDArray[np.float32]) -> Background:
    """Fit the background's colour to the border: the more of the border agrees, the more may it bend.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.
    """
    place = ring(rgb.shape)
    terms = _terms(rgb.shape)
    samples, positions = rgb[place], terms[place]
    guess = np.broadcast_to(_commonest(samples), samples.shape)
    weights = np.zeros((terms.shape[-1], 3), np.float32)
    for near in _NEAR:
        inside = _largest_channel(np.abs(samples - guess)) < near
        share = float(inside.mean())
        if inside.sum() < _FEWEST:
            break
        count = 6 if share >= _QUADRATIC_FROM else 3 if share >= _PLANE_FROM else 1
        weights[:] = 0
        weights[:count] = _least_squares(positions[inside, :count], samples[inside])
        guess = positions @ weights
    else:
        # NumPy would leave so large a product to BLAS, whose threads hinder other requests.
        surface = cv2.transform(terms, np.ascontiguousarray(weights.T))
        return _measure(rgb, np.clip(surface, 0, 255, out=surface), place)
    return _measure(rgb, np.broadcast_to(_commonest(samples), rgb.shape), place)


def _least_squares(terms: NDArray[np.float32], samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights of the terms by the normal equations: far faster than a decomposition, slightly damped."""
    products = terms.T @ terms + _DAMPING * len(terms) * np.eye(terms.shape[1])
    return np.asarray(np.linalg.solve(products, terms.T @ samples))


def _measure(rgb: NDArray[np.float32], surface: NDArray[np.float32], place: NDArray[np.bool_]) -> Background:
    away = cv2.absdiff(rgb, np.ascontiguousarray(surface, np.float32))
    distance = _largest_channel(away)
    border = distance[place]
    inside = border[border < _NEAR[-1]]
    spread = float(1.4826 * np.median(inside)) if inside.size else _NEAR[-1]
    return Background(surface, distance, spread, float(inside.size / border.size))


def _largest_channel(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The largest of three channels, which come last; NumPy is slow along axes that short."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def _commonest(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colour that most samples are near to: the median of a coarse histogram's fullest cell."""
    cells = (samples / 32.0).astype(np.int64)
    keys = cells @ np.array([64, 8, 1])
    counts = np.bincount(keys, minlength=512)
    fullest = np.median(samples[keys == counts.argmax()], axis=0)
    near = _largest_channel(np.abs(samples - fullest)) < _NEAR[0]
    return np.asarray(np.median(samples[near], axis=0), np.float32)


def _terms(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1, x, y, x², xy, y² at each pixel, x and y in -1..1."""
    y = np.linspace(-1, 1, shape[0]).astype(np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1]).astype(np.float32)[None, :]
    terms = np.empty((*shape[:2], 6), np.float32)
    terms[..., 0] = 1.0
    for index, term in enumerate((x, y, x * x, x * y, y * y), start=1):
        terms[..., index] = term
    return terms
