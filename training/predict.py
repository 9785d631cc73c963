"""A model's outputs for many pictures, computed in batches that fit the processor's cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

_BATCH = 500


class ForwardPass:
    """Applies a function to uint8 pictures, batch by batch, as a graph that is traced once.

    Args:
        function: float32 ``[n, 28, 28, 1]`` in 0..1 -> ``[n, ...]``.
    """

    def __init__(self, function: Callable[[tf.Tensor], tf.Tensor]) -> None:
        self._graph = tf.function(
            lambda pixels: function(tf.cast(pixels, tf.float32) / 255.0),
            input_signature=[tf.TensorSpec([None, 28, 28, 1], tf.uint8)],
        )

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Apply the function to images uint8 ``[N, 28, 28]``; returns float32 ``[N, ...]``."""
        starts = range(0, len(images), _BATCH)
        return np.concatenate([self._graph(images[at : at + _BATCH, ..., None]).numpy() for at in starts])
