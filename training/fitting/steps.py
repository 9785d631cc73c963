"""Many optimisation steps in one call into the graph, over data that stays in memory as bytes.

The order and the augmentation are a pure function of (seed, epoch, step), so that a run which was killed
continues as if it had not been.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augmentation import Augment
from training.datasets import Split
from training.fitting.averaging import WeightAverage
from training.fitting.optimizers import Loss


class Steps:
    """The training step of one model on one training set.

    Args:
        model: gives logits.
        optimizer: built on the model's trainable variables.
        loss: of each picture.
        train: the training set.
        augment: changes a batch of pictures, or None.
        average: follows the weights.
        seed: of the order and the augmentation.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: Loss,
        train: Split,
        augment: Augment | None,
        average: WeightAverage,
        seed: int,
    ) -> None:
        self._model, self._optimizer, self._loss = model, optimizer, loss
        self._augment, self._average, self._seed = augment, average, seed
        self._images = tf.constant(train.images[..., None])
        self._labels = tf.constant(train.labels.astype(np.int32))

    def order(self, epoch: int, batch_size: int) -> NDArray[np.int32]:
        """The positions of an epoch's pictures: int32 ``[steps, batch_size]``; a rest is left out."""
        positions = np.random.default_rng([self._seed, epoch]).permutation(len(self._labels))
        steps = len(positions) // batch_size
        return positions[: steps * batch_size].reshape(steps, batch_size).astype(np.int32)

    @tf.function(
        input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([], tf.int32)],
        reduce_retracing=True,
    )
    def run(self, positions: tf.Tensor, first_step: tf.Tensor) -> tf.Tensor:
        """Take one step for each row of positions.

        Args:
            positions: int32 ``[steps, batch]``.
            first_step: the number of the first of these steps, counted over the whole training.

        Returns:
            float32 ``[2]``: the sum of the losses and the number of right answers.
        """
        figures = tf.zeros([2])
        for row in tf.range(tf.shape(positions)[0]):
            figures += self._step(positions[row], first_step + row)
        return figures

    def _step(self, positions: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        images = tf.cast(tf.gather(self._images, positions), tf.float32) / 255.0
        labels = tf.gather(self._labels, positions)
        if self._augment is not None:
            images = self._augment(images, tf.stack([self._seed, step]))
        with tf.GradientTape() as tape:
            logits = self._model(images, training=True)
            losses = self._loss(labels, logits)
            mean = tf.reduce_mean(losses)
        variables = self._model.trainable_variables
        self._optimizer.apply(tape.gradient(mean, variables), variables)
        self._average.update(step)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels)
        return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(tf.cast(right, tf.float32))])
