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

    Takes ``[N, H, W, C]``, gives ``[N, H / stride, W / stride, filters]``.

    Args:
        filters: channels of the output.
        stride: 2 halves the picture; the input then passes a 1x1 convolution.
    """

    def __init__(self, filters: int, stride: int = 1, name: str | None = None) -> None:
        super().__init__(name=name)
        self.filters, self.stride = filters, stride
        self.normalise_1 = FusedBatchNormalization(momentum=0.9)
        self.convolve_1 = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)
        self.normalise_2 = FusedBatchNormalization(momentum=0.9)
        self.convolve_2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False) if stride > 1 else None
        self.rectify = layers.ReLU()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for an input of this shape."""
        self.normalise_1.build(input_shape)
        self.convolve_1.build(input_shape)
        inner = self.convolve_1.compute_output_shape(input_shape)
        self.normalise_2.build(inner)
        self.convolve_2.build(inner)
        if self.shortcut is not None:
            self.shortcut.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The input plus what the two convolutions make of it."""
        hidden = self.rectify(self.normalise_1(inputs, training=training))
        passed = inputs if self.shortcut is None else self.shortcut(hidden)
        hidden = self.convolve_1(hidden)
        hidden = self.convolve_2(self.rectify(self.normalise_2(hidden, training=training)))
        return passed + hidden

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """``[N, H / stride, W / stride, filters]``."""
        return self.convolve_1.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """What ``__init__`` needs to make the layer again."""
        return {"filters": self.filters, "stride": self.stride, "name": self.name}
