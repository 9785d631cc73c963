"""Batch normalisation in one pass over the activations; Keras's own takes several."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="training")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer with TensorFlow's fused kernel during training (Ioffe and Szegedy 2015).

    Keras 3 builds moments, scaling and shift from separate operations, in float32 under mixed precision. The
    fused kernel reads and writes the activations once, in their own precision. Weights, moving averages and
    inference are Keras's, with one difference: the moving variance is of the unbiased variance.

    Input and output are ``[N, H, W, C]``, float32 or bfloat16.
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalise over the batch during training, and by the moving averages otherwise."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma.value),
            offset=tf.convert_to_tensor(self.beta.value),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
        )
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return outputs
