"""Optimizers, learning rate schedules and losses, by the names that a recipe gives them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from training.recipes import Recipe

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

_START = 0.1
_END = 0.01


@keras.saving.register_keras_serializable(package="training")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Up to the peak in a straight line, then down to almost nothing along a cosine (Smith 2018).

    Args:
        peak: the highest learning rate.
        steps: number of steps of the whole training.
        warm_up: part of them in which it rises, 0 < part < 1.
    """

    def __init__(self, peak: float, steps: int, warm_up: float = 0.25) -> None:
        self.peak, self.steps, self.warm_up = peak, steps, warm_up

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The learning rate at a step."""
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        rising = _START + (1.0 - _START) * done / self.warm_up
        angle = math.pi * (done - self.warm_up) / (1.0 - self.warm_up)
        falling = _END + (1.0 - _END) * 0.5 * (1.0 + tf.cos(angle))
        return self.peak * tf.where(done < self.warm_up, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """What ``__init__`` takes."""
        return {"peak": self.peak, "steps": self.steps, "warm_up": self.warm_up}


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer for a training of this many steps."""
    rate = (
        OneCycle(recipe.learning_rate, steps, recipe.warm_up)
        if recipe.schedule == "one-cycle"
        else recipe.learning_rate
    )
    if recipe.optimizer == "plain-sgd":
        return keras.optimizers.SGD(rate)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return keras.optimizers.Adam(rate)


def loss(recipe: Recipe, classes: int) -> Loss:
    """The recipe's loss: (labels int32 ``[N]``, logits float32 ``[N, classes]``) -> float32 ``[N]``."""

    def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        if not recipe.label_smoothing:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        spread = recipe.label_smoothing / classes
        targets = tf.one_hot(
            labels, classes, on_value=1.0 - recipe.label_smoothing + spread, off_value=spread
        )
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)

    def mean_squared_error(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.square(tf.nn.softmax(logits) - tf.one_hot(labels, classes)), axis=-1)

    return mean_squared_error if recipe.loss == "mean-squared-error" else cross_entropy
