"""The layers of each architecture, as readable lists.

The last layer gives logits. The export adds the softmax, after the temperature.
"""

from __future__ import annotations

from keras import layers

from training.architectures import Options
from training.normalisation import FusedBatchNormalization
from training.residual import Residual

Layers = list[layers.Layer]


def dense(options: Options, classes: int, units: int = 256, hidden: int = 1) -> Layers:
    """Return ``hidden`` dense layers of ``units`` neurons: 784 -> units -> classes."""
    units, hidden = options.units or units, options.layers or hidden
    return [
        layers.Flatten(),
        *[layers.Dense(units, activation="relu", name=f"hidden_{n + 1}") for n in range(hidden)],
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def cnn_lesson(options: Options, classes: int, further: int = 0) -> Layers:
    """Return the net of the lessons: two convolutions, each followed by pooling, then a small dense net.

    Each of the ``further`` convolutions removes a border of one pixel, so the dense layer gets fewer inputs.
    """
    filters = options.units or 32
    return [
        layers.Conv2D(filters, 3, activation="relu", name="convolution_1"),
        layers.MaxPooling2D(name="pooling_1"),
        layers.Conv2D(filters, 3, activation="relu", name="convolution_2"),
        layers.MaxPooling2D(name="pooling_2"),
        *[layers.Conv2D(filters, 3, activation="relu", name=f"convolution_{3 + n}") for n in range(further)],
        layers.Flatten(),
        layers.Dense(32, activation="relu", name="hidden"),
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def cnn(
    options: Options, classes: int, units: int = 16, dropout: float = 0.2, further: int = 0, middle: int = 2
) -> Layers:
    """Return five convolutions on 28x28, 14x14 and 7x7, then global average pooling: 71,002 parameters.

    Args:
        options: see ``Options``.
        classes: number of logits.
        units: filters on 28x28.
        dropout: share of the activations dropped before the last layer, 0..1.
        further: further convolutions on 7x7.
        middle: how many times ``units`` filters there are on 14x14.
    """
    filters = options.units or units
    rate = dropout if options.dropout is None else options.dropout
    return [
        *_convolution(filters, "block_1", size=5, pool=True),
        *_convolution(middle * filters, "block_2"),
        *_convolution(middle * filters, "block_3", pool=True),
        *_convolution(4 * filters, "block_4"),
        *_convolution(4 * filters, "block_5"),
        *[layer for n in range(further) for layer in _convolution(4 * filters, f"block_{6 + n}")],
        layers.GlobalAveragePooling2D(name="pooled"),
        *_dropout(rate),
        layers.Dense(classes, name="logits"),
    ]


def cnn_small(options: Options, classes: int) -> Layers:
    """Return three convolutions, each followed by pooling, without global pooling: learns fastest."""
    filters = options.units or 16
    return [
        *_convolution(filters, "block_1", pool=True),
        *_convolution(2 * filters, "block_2", pool=True),
        *_convolution(4 * filters, "block_3", pool=True),
        layers.Flatten(),
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def resnet(options: Options, classes: int) -> Layers:
    """Return convolutions with a residual block on 14x14 and on 7x7, then global average pooling.

    The blocks follow He et al. (2016). There are few of them, each after a pooling, as in Page's nets for
    CIFAR-10 (2019).
    """
    filters = options.units or 48
    return [
        *_convolution(filters, "block_1"),
        *_convolution(2 * filters, "block_2", pool=True),
        Residual(2 * filters, name="block_3"),
        *_convolution(4 * filters, "block_4", pool=True),
        Residual(4 * filters, name="block_5"),
        FusedBatchNormalization(momentum=0.9, name="normalisation"),
        layers.ReLU(name="rectified"),
        layers.GlobalAveragePooling2D(name="pooled"),
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def _convolution(filters: int, name: str, size: int = 3, pool: bool = False) -> Layers:
    """Return convolution, normalisation and ReLU; pooling before the last two leaves them a quarter to do."""
    return [
        layers.Conv2D(filters, size, padding="same", use_bias=False, name=f"{name}_convolution"),
        *([layers.MaxPooling2D(padding="same", name=f"{name}_pooling")] if pool else []),
        FusedBatchNormalization(momentum=0.9, name=f"{name}_normalisation"),
        layers.ReLU(name=name),
    ]


def _dropout(rate: float | None) -> Layers:
    return [layers.Dropout(rate, name="dropout")] if rate else []
