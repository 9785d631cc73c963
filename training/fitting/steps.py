"""Training steps: many in one call of the graph, on data that stays in memory as uint8.

Order and augmentation depend only on seed, epoch and step, so a run that was killed continues with exactly
the same results.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.augmentation import Augment
from training.datasets import Split
from training.errors import FittingFailed
from training.fitting.averaging import WeightAverage
from training.fitting.optimizers import Loss


class Steps:
    """The training step of a model on a training set.

    Args:
        model: gives logits.
        optimizer: built on the model's trainable variables.
        loss: the loss of each picture.
        train: the training set.
        augment: augments a batch of pictures; None does not.
        average: the running average of the weights.
        seed: seed of the order and the augmentation.
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
        self._weights = None if train.weights is None else tf.constant(train.weights)

    def order(self, epoch: int, batch_size: int, repeats: int = 1) -> NDArray[np.int32]:
        """Draw the order of an epoch's pictures; an incomplete last batch is left out.

        Args:
            epoch: number of the epoch, from 0.
            batch_size: pictures per step.
            repeats: how often the epoch shows each picture.

        Returns:
            int32 ``[steps, batch_size]``, positions in the training set.
        """
        count = len(self._labels)
        positions = np.random.default_rng([self._seed, epoch]).permutation(count * repeats) % count
        steps = len(positions) // batch_size
        return positions[: steps * batch_size].reshape(steps, batch_size).astype(np.int32)

    def take(self, rows: NDArray[np.int32], first_step: int) -> NDArray[np.float32]:
        """Call ``run`` and translate TensorFlow's errors.

        Raises:
            FittingFailed: if the memory is too small, or another worker is gone.
        """
        try:
            figures: NDArray[np.float32] = self.run(rows, first_step).numpy()
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
            raise FittingFailed(
                "another worker of this training is gone; start all workers again to continue"
            ) from error
        except tf.errors.ResourceExhaustedError as error:
            raise FittingFailed("there is not enough memory: pass a lower --batch-size") from error
        return figures

    @tf.function(
        input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([], tf.int32)],
        reduce_retracing=True,
    )
    def run(self, positions: tf.Tensor, first_step: tf.Tensor) -> tf.Tensor:
        """Take one step per row of positions.

        Args:
            positions: int32 ``[steps, batch]``.
            first_step: number of the first of these steps, counted from 0 over the whole training.

        Returns:
            float32 ``[2]``: the sum of the losses and the number of right answers.
        """
        strategy = tf.distribute.get_strategy()
        figures = tf.zeros([2])
        for row in tf.range(tf.shape(positions)[0]):
            step = first_step + row
            of_replicas = strategy.run(self._step, args=(positions[row], step))
            figures += strategy.reduce(tf.distribute.ReduceOp.SUM, of_replicas, axis=None)
            self._average.update(step)
        return figures

    def _step(self, positions: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Take one replica's share of a step; a single replica takes the whole batch."""
        context = tf.distribute.get_replica_context()
        replica, replicas = context.replica_id_in_sync_group, context.num_replicas_in_sync
        mine = positions[replica::replicas]
        images = tf.cast(tf.gather(self._images, mine), tf.float32) / 255.0
        labels = tf.gather(self._labels, mine)
        if self._augment is not None:
            images = self._augment(images, tf.stack([self._seed, step * replicas + replica]))
        with tf.GradientTape() as tape:
            logits = tf.cast(self._model(images, training=True), tf.float32)
            losses = self._loss(labels, logits)
            if self._weights is not None:
                losses = losses * tf.gather(self._weights, mine)
            # Divide by the size of the whole batch: the optimizer sums the gradients of the replicas.
            share = tf.reduce_sum(losses) / tf.cast(tf.size(positions), tf.float32)
        variables = self._model.trainable_variables
        self._optimizer.apply(tape.gradient(share, variables), variables)
        right = tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), labels)
        return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(tf.cast(right, tf.float32))])
