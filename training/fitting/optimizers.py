"""Optimizers, learning rate schedules and losses, by their names in a recipe."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from training.recipes import Recipe

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

_START = 0.1
_END = 0.01


def one_cycle(peak: float, steps: int, warm_up: float = 0.25) -> keras.optimizers.schedules.CosineDecay:
    """Return a schedule that rises linearly to the peak, then falls along a cosine to 1 % of it (Smith 2018).

    The rise starts at 10 % of the peak.

    Args:
        peak: the highest learning rate.
        steps: number of steps of the whole training.
        warm_up: share of the steps during which the rate rises, between 0 and 1.
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
    """Return the recipe's optimizer for a training of ``steps`` steps."""
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
    """Return the recipe's loss: labels int32 ``[N]``, logits float32 ``[N, classes]`` -> float32 ``[N]``."""

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
