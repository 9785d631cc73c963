"""Batch normalisation in one pass over the activations, where Keras takes several."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="training")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, with TensorFlow's fused kernel while training (Ioffe and Szegedy 2015).

    Keras 3 composes moments, scaling and shift from single operations, in float32 under mixed precision; the
    kernel reads and writes the activations once, in their own precision. The weights, the sums kept and
    everything outside training are those of Keras, but that the kernel hands on the unbiased variance.

    Takes and gives ``[N, H, W, C]``, float32 or bfloat16.
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """The inputs, normalised over the batch while training and by the moving sums otherwise."""
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
