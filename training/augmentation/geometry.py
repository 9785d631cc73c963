"""Geometric augmentation: rotation, shear, scale, shift and bending in a single resampling.

The bending is the elastic distortion of Simard, Steinkraus and Platt (2003), computed from a coarse grid of
random displacements instead of a convolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Tensor: TypeAlias = Any
"""A ``tf.Tensor``; TensorFlow ships no types."""

SIDE = 28


@dataclass(frozen=True)
class Reach:
    """The limits of the geometric changes; each change is drawn uniformly within them.

    Attributes:
        turn: largest rotation either way, in radians.
        shear: largest horizontal shear either way.
        scale: the scale is between ``1 - scale`` and ``1 + scale``.
        aspect: the ratio of width to height is between ``1 - aspect`` and ``1 + aspect``.
        shift: largest shift either way, in pixels.
        bend: largest standard deviation of the elastic displacement, in pixels; 0 for none.
        grid: number of nodes of the elastic grid along each side.
    """

    turn: float
    shear: float
    scale: float
    aspect: float
    shift: float
    bend: float = 0.0
    grid: int = 5


def each(images: Tensor, seed: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Draw one uniform number per picture, float32 ``[N, 1, 1, 1]``."""
    return tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed, low, high)


def axes() -> tuple[Tensor, Tensor]:
    """Return the row numbers, float32 ``[1, 28, 1, 1]``, and the column numbers, ``[1, 1, 28, 1]``."""
    axis = tf.range(SIDE, dtype=tf.float32)
    return axis[None, :, None, None], axis[None, None, :, None]


def warp(images: tf.Tensor, seed: tf.Tensor, reach: Reach) -> tf.Tensor:
    """Resample a batch, with a random geometry per picture.

    Args:
        images: float32 ``[N, 28, 28, 1]``.
        seed: int32 ``[2]``.
        reach: the limits of the changes.

    Returns:
        float32 ``[N, 28, 28, 1]``; pixels from outside the frame are 0.
    """
    count = tf.shape(images)[0]
    seeds = tf.random.split(seed, 3)
    rows, columns = _affine(count, seeds[0], reach)
    if reach.bend:
        bent = _bends(count, seeds[1], seeds[2], reach)
        rows, columns = rows + bent[..., 0], columns + bent[..., 1]
    return _sample(images, rows, columns)


def _affine(count: tf.Tensor, seed: tf.Tensor, reach: Reach) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the source row and column of each target pixel, float32 ``[N, 28, 28]`` each."""
    draws = tf.random.stateless_uniform((6, count, 1, 1), seed, -1.0, 1.0)
    turn, shear = draws[0] * reach.turn, draws[1] * reach.shear
    scale, aspect = 1.0 + draws[2] * reach.scale, 1.0 + draws[3] * reach.aspect
    middle = (SIDE - 1) / 2
    axis = tf.range(SIDE, dtype=tf.float32) - middle
    y, x = axis[None, :, None] / scale, axis[None, None, :] / (scale * aspect)
    cos, sin = tf.cos(turn), tf.sin(turn)
    rows = cos * y - sin * x + middle + draws[4] * reach.shift
    columns = sin * y + cos * x + shear * y + middle + draws[5] * reach.shift
    return rows, columns


def _bends(count: tf.Tensor, seed: tf.Tensor, strength_seed: tf.Tensor, reach: Reach) -> tf.Tensor:
    """Return smooth random displacements, float32 ``[N, 28, 28, 2]``."""
    nodes = tf.random.stateless_normal((count, reach.grid, reach.grid, 2), seed)
    strength = tf.random.stateless_uniform((count, 1, 1, 1), strength_seed, 0.0, reach.bend)
    weights = tf.constant(_interpolation(reach.grid))
    return tf.einsum("yi,nijc,xj->nyxc", weights, nodes * strength, weights)


def _interpolation(grid: int) -> NDArray[np.float32]:
    """Return Gaussian weights from the nodes of a coarse grid to 28 pixels, float32 ``[28, grid]``."""
    pixels = np.arange(SIDE, dtype=np.float32)[:, None]
    nodes = np.linspace(0, SIDE - 1, grid, dtype=np.float32)[None, :]
    weights = np.exp(-0.5 * ((pixels - nodes) / (0.55 * (SIDE - 1) / (grid - 1))) ** 2)
    unit: NDArray[np.float32] = (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(
        np.float32
    )
    return unit


def _sample(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Interpolate bilinearly at fractional coordinates; pixels outside the frame are 0."""
    wide = SIDE + 2
    flat = tf.reshape(tf.pad(images[..., 0], ((0, 0), (1, 1), (1, 1))), (-1, wide * wide))
    rows = tf.clip_by_value(rows + 1.0, 0.0, wide - 1.001)
    columns = tf.clip_by_value(columns + 1.0, 0.0, wide - 1.001)
    top, left = tf.floor(rows), tf.floor(columns)
    down, right = rows - top, columns - left
    corner = tf.reshape(tf.cast(top * wide + left, tf.int32), (-1, SIDE * SIDE))

    def at(offset: int) -> tf.Tensor:
        return tf.reshape(tf.gather(flat, corner + offset, batch_dims=1), (-1, SIDE, SIDE))

    upper = at(0) * (1.0 - right) + at(1) * right
    lower = at(wide) * (1.0 - right) + at(wide + 1) * right
    return (upper * (1.0 - down) + lower * down)[..., None]
