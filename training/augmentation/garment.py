"""Augmentation of clothing towards prepared uploads: mirrored, stretched, in other light, worn.

The data set has studio photographs on white, with every shoe facing left. Prepared uploads
(``serving.images.garment``) differ in aspect, tone and sharpness, and contain things that the preparation
could not tell from the garment. Each function below covers one of these differences.
"""

from __future__ import annotations

import tensorflow as tf

from training.augmentation import Augment
from training.augmentation.garment_surroundings import surround
from training.augmentation.geometry import SIDE, Reach, Tensor, axes, each, warp

_STRONG = Reach(turn=0.2, shear=0.12, scale=0.16, aspect=0.25, shift=1.8, bend=0.8)
_UNTOUCHED = 0.5
_LYING = 0.04
_FAINT = 0.04
_STEP = 2


def augment_garments(strength: str) -> Augment:
    """Return the augmentation of clothing, ``light`` or ``strong``."""
    return _light if strength == "light" else _strong


def _light(images: Tensor, seed: Tensor) -> Tensor:
    seeds = tf.random.split(seed, 3)
    return _erase(_shift(_mirror(images, seeds[0]), seeds[1]), seeds[2])


def _strong(images: Tensor, seed: Tensor) -> Tensor:
    seeds = tf.random.split(seed, 7)
    images = _mirror(images, seeds[0])
    changed = warp(_tone(images, seeds[1]), seeds[2], _STRONG)
    changed = _lay_down(changed, seeds[6])
    changed = _sharpness(changed, seeds[3])
    changed = surround(changed, seeds[4])
    changed = tf.clip_by_value(changed, 0.0, 1.0)
    return tf.where(each(images, seeds[5]) < _UNTOUCHED, images, changed)


def silhouette(images: Tensor) -> Tensor:
    """Return the garment's mask, float32 ``[N, 28, 28, 1]``, 0 or 1; dark seams and prints are filled."""
    grown = tf.nn.max_pool2d(tf.cast(images > _FAINT, tf.float32), 3, 1, "SAME")
    return -tf.nn.max_pool2d(-grown, 3, 1, "SAME")


def _mirror(images: Tensor, seed: Tensor) -> Tensor:
    """Mirror half of the pictures left to right."""
    return tf.where(each(images, seed) < 0.5, images[:, :, ::-1], images)


def _lay_down(images: Tensor, seed: Tensor) -> Tensor:
    """Turn a few pictures by 90 degrees, like shoes photographed from above."""
    return tf.where(each(images, seed) < _LYING, tf.transpose(images, (0, 2, 1, 3)), images)


def _shift(images: Tensor, seed: Tensor) -> Tensor:
    """Shift pictures by up to two whole pixels each way."""
    count = tf.shape(images)[0]
    places = tf.random.stateless_uniform((2, count, 1), seed, 0, 2 * _STEP + 1, tf.int32) + tf.range(SIDE)
    wide = tf.pad(images, ((0, 0), (_STEP, _STEP), (_STEP, _STEP), (0, 0)))
    tall = tf.gather(wide, places[0], batch_dims=1)
    return tf.gather(tall, places[1], axis=2, batch_dims=1)


def _erase(images: Tensor, seed: Tensor) -> Tensor:
    """Erase a rectangle with sides of up to 12 pixels from half of the pictures (Zhong et al. 2020)."""
    seeds = tf.random.split(seed, 5)
    rows, columns = axes()
    inside = (tf.abs(rows - each(images, seeds[0], 0.0, SIDE)) < each(images, seeds[1], 1.0, 6.0)) & (
        tf.abs(columns - each(images, seeds[2], 0.0, SIDE)) < each(images, seeds[3], 1.0, 6.0)
    )
    return tf.where(inside & (each(images, seeds[4]) < 0.5), 0.0, images)


def _tone(images: Tensor, seed: Tensor) -> Tensor:
    """Change cloth and light: reversed shading, contrast, brightness, gamma. The outline stays."""
    seeds = tf.random.split(seed, 6)
    mask = silhouette(images)
    images = tf.where(each(images, seeds[0]) < 0.15, mask * (1.05 - images), images)
    mean = tf.reduce_sum(images * mask, (1, 2), keepdims=True) / (
        tf.reduce_sum(mask, (1, 2), keepdims=True) + 1
    )
    contrast = tf.exp(each(images, seeds[1], -1.0, 0.4))
    level = tf.clip_by_value(mean + each(images, seeds[2], -0.3, 0.3), 0.22, 0.9)
    other = tf.clip_by_value(mask * (level + contrast * (images - mean)), 0.0, 1.0)
    images = tf.where(each(images, seeds[3]) < 0.7, other, images)
    gamma = tf.exp(each(images, seeds[4], -0.5, 0.5))
    return tf.where(images > 0, tf.pow(tf.maximum(images, 1e-4), gamma), 0.0)


def _sharpness(images: Tensor, seed: Tensor) -> Tensor:
    """Blur or over-sharpen with a Gaussian of standard deviation 1 pixel; halve the resolution of a few."""
    seeds = tf.random.split(seed, 2)
    row = tf.constant([0.054, 0.242, 0.408, 0.242, 0.054])
    soft = tf.nn.conv2d(images, tf.reshape(row, (5, 1, 1, 1)), 1, "SAME")
    soft = tf.nn.conv2d(soft, tf.reshape(row, (1, 5, 1, 1)), 1, "SAME")
    coarse = tf.repeat(tf.repeat(tf.nn.avg_pool2d(images, 2, 2, "VALID"), 2, axis=1), 2, axis=2)
    sharp = tf.clip_by_value(images + each(images, seeds[0], -0.6, 1.2) * (images - soft), 0.0, 1.0)
    return tf.where(each(images, seeds[1]) < 0.04, coarse, sharp)
