"""Optimizers, learning rate schedules and losses, by the names that a recipe gives them."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from training.recipes import Recipe

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

_START = 0.1
_END = 0.01


def one_cycle(peak: float, steps: int, warm_up: float = 0.25) -> keras.optimizers.schedules.CosineDecay:
    """Up to the peak in a straight line, then down to almost nothing along a cosine (Smith 2018).

    Args:
        peak: the highest learning rate.
        steps: number of steps of the whole training.
        warm_up: part of them in which it rises, 0 < part < 1.
    """
    rising = max(1, round(warm_up * steps))
    return keras.optimizers.schedules.CosineDecay(
        _START * peak,
        decay_steps=max(1, steps - rising),
        alpha=_END,
        warmup_target=peak,
        warmup_steps=rising,
    )


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer for a training of this many steps."""
    rate = (
        one_cycle(recipe.learning_rate, steps, recipe.warm_up)
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
