"""Augmentation by what surrounds garments on real pictures: a body, a second shoe, captions, shade, gaps."""

from __future__ import annotations

import tensorflow as tf

from training.augmentation.geometry import SIDE, Tensor, axes, each

_SEEN = 0.06
_GRID = 4


def surround(images: Tensor, seed: Tensor) -> Tensor:
    """Add to some pictures what the preparation may leave in, and remove what it may cut off.

    Args:
        images: float32 ``[N, 28, 28, 1]``, 0..1.
        seed: int32 ``[2]``.
    """
    seeds = tf.random.split(seed, 6)
    images = _pair(images, seeds[0])
    images = _body(images, seeds[1])
    images = _ground(images, seeds[2])
    images = _box(images, seeds[3], 0.15, -0.5, 0.9)
    images = _box(images, seeds[4], 0.12, 0.0, 0.0)
    return _grain(images, seeds[5])


def _pair(images: Tensor, seed: Tensor) -> Tensor:
    """Put the second shoe behind: the same picture, moved by a few pixels."""
    seeds = tf.random.split(seed, 2)
    moves = tf.random.stateless_uniform((2,), seeds[0], -7, 8, tf.int32)
    behind = tf.roll(images, moves, (1, 2)) * 0.9
    return tf.where((each(images, seeds[1]) < 0.05) & (images <= _SEEN), behind, images)


def _body(images: Tensor, seed: Tensor) -> Tensor:
    """Draw a head above and legs below the garment, as if it were worn."""
    seeds = tf.random.split(seed, 9)
    rows, columns = axes()
    worn = tf.reduce_max(tf.cast(images > 0.1, tf.int32), (2, 3))
    top = tf.cast(tf.argmax(worn, 1), tf.float32)[:, None, None, None]
    foot = SIDE - 1 - tf.cast(tf.argmax(worn[:, ::-1], 1), tf.float32)[:, None, None, None]
    middle, size = each(images, seeds[0], 12.5, 14.5), each(images, seeds[1], 1.5, 3.5)
    round_head = ((rows - top + 0.9 * size) / (1.25 * size)) ** 2 + ((columns - middle) / size) ** 2 < 1
    stride, width = each(images, seeds[2], 1.5, 4.0), each(images, seeds[3], 1.2, 3.2)
    two_legs = (rows > foot - 2) & (tf.abs(tf.abs(columns - middle) - stride) < width)
    head = _shown(round_head, each(images, seeds[4], 0.2, 0.8), each(images, seeds[5]) < 0.6)
    legs = _shown(two_legs, each(images, seeds[6], 0.2, 0.9), each(images, seeds[7]) < 0.7)
    body = tf.where(each(images, seeds[8]) < 0.1, tf.maximum(head, legs), 0.0)
    return tf.where(images > _SEEN, images, body)


def _shown(shape: Tensor, tone: Tensor, chosen: Tensor) -> Tensor:
    return tf.cast(shape, tf.float32) * tone * tf.cast(chosen, tf.float32)


def _ground(images: Tensor, seed: Tensor) -> Tensor:
    """Add a soft uneven shade around the garment to a sixth of the pictures."""
    seeds = tf.random.split(seed, 3)
    nodes = tf.random.stateless_uniform((tf.shape(images)[0], _GRID, _GRID, 1), seeds[0], -1.0, 1.0)
    shade = tf.nn.relu(tf.image.resize(nodes, (SIDE, SIDE))) * each(images, seeds[1], 0.0, 0.45)
    return tf.where((each(images, seeds[2]) < 0.16) & (images <= _SEEN), shade, images)


def _box(images: Tensor, seed: Tensor, share: float, low: float, high: float) -> Tensor:
    """Draw a rectangle of one tone on a share of the pictures, like a caption or a cut; below 0 is black."""
    seeds = tf.random.split(seed, 6)
    rows, columns = axes()
    tall = tf.exp(each(images, seeds[0], -0.5, 1.7))
    wide = tf.exp(each(images, seeds[1], -0.5, 1.7))
    inside = (tf.abs(rows - each(images, seeds[2], -2.0, 30.0)) < tall) & (
        tf.abs(columns - each(images, seeds[3], -2.0, 30.0)) < wide
    )
    tone = tf.nn.relu(each(images, seeds[4], low, high))
    return tf.where(inside & (each(images, seeds[5]) < share), tone, images)


def _grain(images: Tensor, seed: Tensor) -> Tensor:
    """Add noise to the garment, like weave and JPEG artefacts."""
    seeds = tf.random.split(seed, 2)
    noise = tf.random.stateless_normal(tf.shape(images), seeds[0]) * each(images, seeds[1], 0.0, 0.06)
    return tf.where(images > _SEEN, images + noise, images)
