"""The background of a garment: a smooth colour surface fitted to the border of the picture.

Fashion-MNIST trims pixels within 5 % of the corner's colour (Xiao et al. 2017, section 2). In photographs the
light falls off, so the background's colour is a surface over the picture here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_RING = 0.03
_KEYS = np.array([64, 8, 1])
_NEAR = (64.0, 40.0, 24.0, 16.0)
_FEWEST = 8
_DAMPING = 1e-5
_QUADRATIC_FROM, _PLANE_FROM = 0.75, 0.5
_SHAPES = 4
"""The number of picture sizes to keep the terms of, up to 0.9 MB each; most cameras have one or two sizes."""


@dataclass(frozen=True)
class Background:
    """A background, estimated from the border.

    Attributes:
        surface: float32 ``[H, W, 3]``, its colour at each pixel, 0..255.
        distance: float32 ``[H, W]``, the largest difference of a channel from it, 0..255.
        spread: standard deviation of the border from it, in the same unit.
        share: share of the border that belongs to it, 0..1.
    """

    surface: NDArray[np.float32]
    distance: NDArray[np.float32]
    spread: float
    share: float

    @property
    def level(self) -> float:
        """Its mean intensity, from 0 (black) to 255 (white)."""
        return float(self.surface.mean())


def ring(shape: tuple[int, ...], width: float = _RING) -> NDArray[np.bool_]:
    """Return the border of a picture as a mask, bool ``[H, W]``.

    Args:
        shape: height and width of the picture.
        width: width of the border as a share of the shorter side; it is at least one pixel.
    """
    rows, columns = shape[:2]
    edge = _edge(shape, width)
    mask = np.ones((rows, columns), np.bool_)
    if rows > 2 * edge and columns > 2 * edge:
        mask[edge:-edge, edge:-edge] = False
    return mask


def _edge(shape: tuple[int, ...], width: float = _RING) -> int:
    return max(1, round(width * min(shape[:2])))


def along_ring(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the border pixels of a plane ``[H, W, C]``; much faster than ``plane[ring(plane.shape)]``."""
    rows, columns, channels = plane.shape
    edge = _edge(plane.shape)
    if rows <= 2 * edge or columns <= 2 * edge:
        return plane.reshape(-1, channels)
    sides = np.concatenate([plane[edge:-edge, :edge], plane[edge:-edge, -edge:]], axis=1)
    return np.concatenate([part.reshape(-1, channels) for part in (plane[:edge], sides, plane[-edge:])])


def find_background(rgb: NDArray[np.float32]) -> Background:
    """Fit the background's colour to the border: constant, linear or quadratic, by how much of it agrees.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.
    """
    terms = _terms(rgb.shape[0], rgb.shape[1])
    samples, positions = along_ring(rgb), along_ring(terms)
    commonest = _commonest(samples)
    guess = np.broadcast_to(commonest, samples.shape)
    weights = np.zeros((terms.shape[-1], 3), np.float32)
    for near in _NEAR:
        inside = np.flatnonzero(_largest_channel(np.abs(samples - guess)) < near)
        if inside.size < _FEWEST:
            return _measure(rgb, np.broadcast_to(commonest, rgb.shape))
        share = inside.size / len(samples)
        count = 6 if share >= _QUADRATIC_FROM else 3 if share >= _PLANE_FROM else 1
        weights[:] = 0
        terms_inside = np.ascontiguousarray(positions.take(inside, 0)[:, :count])
        weights[:count] = _least_squares(terms_inside, samples.take(inside, 0))
        guess = positions @ weights
    # NumPy would compute so large a product with BLAS, whose threads slow down other requests.
    surface = cv2.transform(terms, np.ascontiguousarray(weights.T))
    return _measure(rgb, np.clip(surface, 0, 255, out=surface))


def _least_squares(terms: NDArray[np.float32], samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Solve the damped normal equations for the weights of the terms; faster than a decomposition."""
    products = terms.T @ terms + _DAMPING * len(terms) * np.eye(terms.shape[1])
    return np.asarray(np.linalg.solve(products, terms.T @ samples))


def _measure(rgb: NDArray[np.float32], surface: NDArray[np.float32]) -> Background:
    away = cv2.absdiff(rgb, np.ascontiguousarray(surface, np.float32))
    distance = _largest_channel(away)
    border = along_ring(distance[..., None])
    inside = border[border < _NEAR[-1]]
    spread = float(1.4826 * np.median(inside)) if inside.size else _NEAR[-1]
    return Background(surface, distance, spread, float(inside.size / border.size))


def _largest_channel(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the maximum over the last axis of length 3; NumPy is slow along such short axes."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def _commonest(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the most common colour: the median of the fullest cell of a coarse histogram, and around it."""
    coarse = samples.astype(np.uint8) >> np.uint8(5)
    keys = coarse @ _KEYS
    fullest = _median(samples[keys == np.bincount(keys).argmax()])
    return _median(samples[_largest_channel(np.abs(samples - fullest)) < _NEAR[0]])


def _median(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median of each column, as ``np.median`` but faster."""
    middle = (len(samples) - 1) // 2, len(samples) // 2
    low, high = np.partition(samples, middle, axis=0)[middle, :]
    return np.asarray((low + high) / np.float32(2), np.float32)


@lru_cache(maxsize=_SHAPES)
def _terms(rows: int, columns: int) -> NDArray[np.float32]:
    """Return 1, x, y, x², xy, y² at each pixel, with x and y in -1..1, as a read-only array."""
    y = np.linspace(-1, 1, rows).astype(np.float32)[:, None]
    x = np.linspace(-1, 1, columns).astype(np.float32)[None, :]
    terms = np.empty((rows, columns, 6), np.float32)
    terms[..., 0] = 1.0
    for index, term in enumerate((x, y, x * x, x * y, y * y), start=1):
        terms[..., index] = term
    terms.flags.writeable = False
    return terms
