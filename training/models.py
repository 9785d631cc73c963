"""The architectures, each a readable list of layers.

The last layer gives logits; the softmax is added at export, after the temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
from keras import layers

from serving.contract import IMAGE_SHAPE, INPUT_IMAGES
from training import own_layers
from training.config import Options, own_file
from training.errors import FittingFailed
from training.normalisation import FusedBatchNormalization
from training.residual import Residual

Layers = list[keras.layers.Layer]


def dense(options: Options, classes: int, units: int = 256, hidden: int = 1) -> Layers:
    """Flatten, dense layers, dense: 784 -> units -> classes."""
    units, hidden = options.units or units, options.layers or hidden
    return [
        layers.Flatten(),
        *[layers.Dense(units, activation="relu", name=f"hidden_{n + 1}") for n in range(hidden)],
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def cnn_lesson(options: Options, classes: int, further: int = 0) -> Layers:
    """The net of the lessons: two convolutions, each followed by pooling, then a small dense net.

    Each further convolution takes the border off, so that the dense layer behind it has fewer inputs.
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


def cnn(options: Options, classes: int, further: int = 0, middle: int = 2) -> Layers:
    """Five convolutions on 28x28, 14x14 and 7x7, then the mean over the picture: 71,002 parameters.

    With ``middle`` times as many filters on 14x14 as on 28x28.
    """
    filters = options.units or 16
    dropout = 0.2 if options.dropout is None else options.dropout
    return [
        *_convolution(filters, "block_1", size=5, pool=True),
        *_convolution(middle * filters, "block_2"),
        *_convolution(middle * filters, "block_3", pool=True),
        *_convolution(4 * filters, "block_4"),
        *_convolution(4 * filters, "block_5"),
        *[layer for n in range(further) for layer in _convolution(4 * filters, f"block_{6 + n}")],
        layers.GlobalAveragePooling2D(name="pooled"),
        *_dropout(dropout),
        layers.Dense(classes, name="logits"),
    ]


def cnn_small(options: Options, classes: int) -> Layers:
    """Three convolutions, each halved by pooling, and no mean over the picture: learns fastest."""
    filters = options.units or 16
    return [
        *_convolution(filters, "block_1", pool=True),
        *_convolution(2 * filters, "block_2", pool=True),
        *_convolution(4 * filters, "block_3", pool=True),
        layers.Flatten(),
        *_dropout(options.dropout),
        layers.Dense(classes, name="logits"),
    ]


def cnn_middle(options: Options, classes: int) -> Layers:
    """``cnn`` with half as many filters again on 14x14, where they cost little time: 94,170 parameters."""
    return cnn(options, classes, middle=3)


def cnn_wide(options: Options, classes: int) -> Layers:
    """``cnn`` with twice as many filters and more dropout: what strongly augmented clothing needs."""
    dropout = 0.3 if options.dropout is None else options.dropout
    return cnn(replace(options, units=options.units or 32, dropout=dropout), classes)


def cnn_deep(options: Options, classes: int) -> Layers:
    """``cnn`` with a further convolution after the last pooling."""
    return cnn(options, classes, further=1)


def cnn_dropout(options: Options, classes: int) -> Layers:
    """``cnn`` with more dropout before its last layer: 0.5 unless told otherwise."""
    return cnn(replace(options, dropout=0.5 if options.dropout is None else options.dropout), classes)


def resnet(options: Options, classes: int) -> Layers:
    """Convolve and halve, with a residual block on 14x14 and on 7x7, then the mean over the picture.

    Residual blocks after He et al. 2016; few of them, behind pooling, as in Page's nets for CIFAR-10 (2019).
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


ARCHITECTURES: dict[str, Callable[[Options, int], Layers]] = {
    "dense-128": lambda options, classes: dense(options, classes, units=128),
    "dense-256": lambda options, classes: dense(options, classes, units=256),
    "dense-512": lambda options, classes: dense(options, classes, units=512),
    "dense-1024": lambda options, classes: dense(options, classes, units=1024),
    "dense-deep": lambda options, classes: dense(options, classes, units=256, hidden=2),
    "cnn-lesson": cnn_lesson,
    "cnn-lesson-deep": lambda options, classes: cnn_lesson(options, classes, further=1),
    "cnn": cnn,
    "cnn-small": cnn_small,
    "cnn-middle": cnn_middle,
    "cnn-wide": cnn_wide,
    "cnn-deep": cnn_deep,
    "cnn-dropout": cnn_dropout,
    "resnet": resnet,
}


def build(architecture: str, options: Options, classes: int) -> keras.Sequential:
    """A new model: float32 ``[N, 28, 28, 1]`` in 0..1 -> logits ``[N, classes]``.

    Args:
        architecture: a key of ``ARCHITECTURES``, or the path of a Python file whose ``build()`` gives layers.
        options: what is varied.
        classes: of the data set.

    Raises:
        FittingFailed: for layers that do not fit, saying what is missing.
    """
    if own_file(architecture):
        body = own_layers.read(Path(architecture))
    else:
        body = ARCHITECTURES[architecture](options, classes)
    scale = [] if options.normalise else [layers.Rescaling(255.0, name="as_bytes")]
    return assemble([*scale, *body], classes)


def assemble(body: Layers, classes: int) -> keras.Sequential:
    """Put layers behind the input and check that they end in one logit for each class.

    Raises:
        FittingFailed: for layers that do not, saying what is missing.
    """
    try:
        model = keras.Sequential([keras.Input(IMAGE_SHAPE, name=INPUT_IMAGES), *body])
    except (ValueError, TypeError) as error:
        raise FittingFailed(f"the layers do not fit together: {str(error).splitlines()[0]}") from error
    shape = model.output_shape
    if len(shape) != 2:
        raise FittingFailed(
            f"the model gives {_shape(shape)} instead of one row of {classes} logits for each picture: "
            "a Flatten (or a pooling over the picture) is missing before the last Dense"
        )
    if shape[1] != classes:
        raise FittingFailed(
            f"the last layer has {shape[1]} neurons for labels 0 to {classes - 1}: it needs {classes}"
        )
    if getattr(model.layers[-1], "activation", None) is keras.activations.softmax:
        raise FittingFailed("the last layer has a softmax: leave it out, the loss and the export add it")
    return model


def summary(model: keras.Model) -> str:
    """The table of layers with their shapes and parameter counts."""
    row = "{:<26} {:<22} {:<20} {:>12}".format
    lines = [row("layer", "type", "output", "parameters")]
    lines += [
        row(each.name, type(each).__name__, _shape(each.output.shape), f"{each.count_params():,}")
        for each in model.layers
    ]
    return "\n".join([*lines, row("all", "", "", f"{model.count_params():,}")])


def _convolution(filters: int, name: str, size: int = 3, pool: bool = False) -> Layers:
    """Convolve, normalise, rectify; pooling comes before the last two, which then have a quarter to do."""
    return [
        layers.Conv2D(filters, size, padding="same", use_bias=False, name=f"{name}_convolution"),
        *([layers.MaxPooling2D(padding="same", name=f"{name}_pooling")] if pool else []),
        FusedBatchNormalization(momentum=0.9, name=f"{name}_normalisation"),
        layers.ReLU(name=name),
    ]


def _dropout(rate: float | None) -> Layers:
    return [layers.Dropout(rate, name="dropout")] if rate else []


def _shape(shape: tuple[int | None, ...]) -> str:
    return "[" + ", ".join("N" if size is None else str(size) for size in shape) + "]"
