"""A residual block as one layer, so that a residual net is a plain list of layers."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from training.normalisation import FusedBatchNormalization


@keras.saving.register_keras_serializable(package="training")
class Residual(keras.layers.Layer):
    """A residual block with pre-activation (He et al. 2016, "Identity mappings").

    Adds two rounds of normalisation, ReLU and convolution to the input. Input and output are
    ``[N, H, W, filters]``.

    Args:
        filters: number of channels of the input and the output.
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
        """Create the weights for an input of this shape."""
        for layer in (self.normalise_1, self.convolve_1, self.normalise_2, self.convolve_2):
            layer.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the input plus the output of the two convolutions."""
        hidden = self.convolve_1(self.rectify(self.normalise_1(inputs, training=training)))
        hidden = self.convolve_2(self.rectify(self.normalise_2(hidden, training=training)))
        return inputs + hidden

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of ``__init__``, for Keras to recreate the layer."""
        return {"filters": self.filters, "name": self.name}
