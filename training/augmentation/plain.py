"""Augmentation of pictures of any kind: geometric changes only."""

from __future__ import annotations

import tensorflow as tf

from training.augmentation import Augment
from training.augmentation.geometry import Reach, warp

_REACH = {
    "light": Reach(turn=0.1, shear=0.08, scale=0.08, aspect=0.06, shift=1.2),
    "strong": Reach(turn=0.2, shear=0.15, scale=0.13, aspect=0.12, shift=2.0, bend=0.8),
}


def augment_plain(strength: str) -> Augment:
    """Return the augmentation of pictures that no recipe prepared, ``light`` or ``strong``."""
    reach = _REACH[strength]

    def augment(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return warp(images, seed, reach)

    return augment
