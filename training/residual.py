"""A residual block as one layer, so that a residual net is a list of layers too."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from training.normalisation import FusedBatchNormalization


@keras.saving.register_keras_serializable(package="training")
class Residual(keras.layers.Layer):
    """Normalise, rectify, convolve, twice, and add the input (He et al. 2016, "Identity mappings").

    Takes and gives ``[N, H, W, filters]``.

    Args:
        filters: channels of the input and of the output.
    """

    def __init__(self, filters: int, name: str | None = None) -> None:
        super().__init__(name=name)
        self.filters = filters
        self.normalise_1 = FusedBatchNormalization(momentum=0.9)
        self.convolve_1 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.normalise_2 = FusedBatchNormalization(momentum=0.9)
        self.convolve_2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.rectify = layers.ReLU()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for an input of this shape."""
        for layer in (self.normalise_1, self.convolve_1, self.normalise_2, self.convolve_2):
            layer.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The input plus what the two convolutions make of it."""
        hidden = self.convolve_1(self.rectify(self.normalise_1(inputs, training=training)))
        hidden = self.convolve_2(self.rectify(self.normalise_2(hidden, training=training)))
        return inputs + hidden

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What ``__init__`` needs to make the layer again."""
        return {"filters": self.filters, "name": self.name}
