"""A running average of the weights: what is evaluated, kept and published (Polyak and Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


class WeightAverage:
    """The exponential average of a model's weights over the steps.

    Args:
        model: whose weights are followed, batch statistics included.
        decay: weight of the past, 0..1; 0 follows nothing and costs nothing.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        self._weights = model.weights if decay else []
        self._decay = decay
        self.shadow = [tf.Variable(weight.value, trainable=False) for weight in self._weights]

    def update(self, step: tf.Tensor) -> None:
        """Take in the weights after a step (graph code); early steps are forgotten faster."""
        if not self.shadow:
            return
        done = tf.cast(step, tf.float32)
        rate = 1.0 - tf.minimum(self._decay, (1.0 + done) / (10.0 + done))
        for shadow, weight in zip(self.shadow, self._weights, strict=True):
            shadow.assign_add(rate * (weight.value - shadow))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the averaged weights inside this block and its own again after it."""
        own = [weight.numpy() for weight in self._weights]
        for weight, shadow in zip(self._weights, self.shadow, strict=True):
            weight.assign(shadow)
        try:
            yield
        finally:
            for weight, value in zip(self._weights, own, strict=True):
                weight.assign(value)
