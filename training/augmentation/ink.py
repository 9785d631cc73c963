"""Augmentation of digits towards prepared uploads: bent, thick, thin, crisp, blurred, speckled."""

from __future__ import annotations

import tensorflow as tf

from training.augmentation import Augment
from training.augmentation.geometry import Reach, each, warp

_LIGHT = Reach(turn=0.17, shear=0.12, scale=0.08, aspect=0.06, shift=1.2, bend=0.8)
_STRONG = Reach(turn=0.26, shear=0.25, scale=0.13, aspect=0.16, shift=1.6, bend=1.5)


def augment_ink(strength: str) -> Augment:
    """Return the augmentation of digits, ``light`` or ``strong``."""
    return _light if strength == "light" else _mixed


def _mixed(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Augment the first half of a batch lightly and the rest strongly; batches come in random order."""
    seeds = tf.random.split(seed, 2)
    half = tf.shape(images)[0] // 2
    return tf.concat([_light(images[:half], seeds[0]), _strong(images[half:], seeds[1])], 0)


def _light(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    seeds = tf.random.split(seed, 2)
    return _thickness(warp(images, seeds[0], _LIGHT), seeds[1])


def _strong(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    seeds = tf.random.split(seed, 7)
    images = warp(images, seeds[0], _STRONG)
    images = _thickness(images, seeds[1])
    images = _gap(images, seeds[2])
    images = _blur(images, seeds[3])
    images = _tone(images, seeds[4])
    images = _specks(images, seeds[5])
    return tf.clip_by_value(images, 0.0, 1.0)


def _thickness(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Dilate or erode by up to a pixel on each side."""
    amount = each(images, seed, -1.0, 1.0)
    thick = tf.nn.max_pool2d(images, 3, 1, "SAME")
    thin = -tf.nn.max_pool2d(-images, 2, 1, "SAME")
    grown = images + tf.nn.relu(amount) * (thick - images)
    return grown + 0.5 * tf.nn.relu(-amount) * (thin - images)


def _gap(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Wipe a thin straight line out of some pictures, like the gap that a removed ruled line leaves."""
    seeds = tf.random.split(seed, 3)
    angle = each(images, seeds[0], 0.0, 3.1416)
    place = each(images, seeds[1], -8.0, 8.0)
    axis = tf.range(28, dtype=tf.float32) - 13.5
    distance = tf.abs(
        axis[None, :, None, None] * tf.cos(angle) + axis[None, None, :, None] * tf.sin(angle) - place
    )
    wiped = tf.cast(each(images, seeds[2]) < 0.15, tf.float32)
    return images * (1.0 - wiped * tf.clip_by_value(1.1 - distance, 0.0, 0.85))


def _blur(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mix in a 3x3 binomial blur, by a random share."""
    row = tf.constant([0.25, 0.5, 0.25])
    kernel = tf.reshape(row[:, None] * row[None, :], (3, 3, 1, 1))
    blurred = tf.nn.conv2d(images, kernel, 1, "SAME")
    return images + each(images, seed, -0.3, 1.0) * (blurred - images)


def _tone(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Raise the contrast around a random threshold by a random factor: edges from soft to binary."""
    seeds = tf.random.split(seed, 3)
    threshold = each(images, seeds[0], 0.3, 0.6)
    steep = tf.exp(each(images, seeds[1], 0.0, 2.5))
    sharp = tf.clip_by_value((images - threshold) * steep + threshold, 0.0, 1.0)
    chosen = tf.cast(each(images, seeds[2]) < 0.6, tf.float32)
    return images + chosen * (sharp - images)


def _specks(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Add grain to 40 % of the pictures, on ink and ground alike."""
    seeds = tf.random.split(seed, 2)
    grain = tf.random.stateless_normal(tf.shape(images), seeds[0], stddev=0.25)
    return images + grain * tf.nn.relu(each(images, seeds[1], -0.6, 0.4))
