"""The running average of the weights, which is evaluated and published (Polyak and Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


class WeightAverage:
    """The exponential moving average of a model's weights over the training steps.

    Args:
        model: the model whose weights to average, including batch statistics.
        decay: weight of the past, 0..1; with 0 nothing is averaged.

    Attributes:
        shadow: the averaged weights, one ``tf.Variable`` each; empty if nothing is averaged.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        self._weights = model.weights if decay else []
        self._decay = decay
        self.shadow = [tf.Variable(weight.value, trainable=False) for weight in self._weights]

    def update(self, step: tf.Tensor) -> None:
        """Add the weights after a step to the average, as graph code; early steps have a lower decay.

        Args:
            step: int32 scalar, the number of the step, from 0.
        """
        if not self.shadow:
            return
        done = tf.cast(step, tf.float32)
        rate = 1.0 - tf.minimum(self._decay, (1.0 + done) / (10.0 + done))
        for shadow, weight in zip(self.shadow, self._weights, strict=True):
            shadow.assign_add(rate * (weight.value - shadow))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the averaged weights inside the block, and its own weights after it."""
        own = [weight.numpy() for weight in self._weights]
        for weight, shadow in zip(self._weights, self.shadow, strict=True):
            weight.assign(shadow)
        try:
            yield
        finally:
            for weight, value in zip(self._weights, own, strict=True):
                weight.assign(value)
