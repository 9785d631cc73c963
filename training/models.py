"""Keras models made from lists of layers, checked before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras

import training.layers
from serving.contract import IMAGE_SHAPE, INPUT_IMAGES
from training import own_layers
from training.architectures import ARCHITECTURES, Options, is_file
from training.errors import FittingFailed
from training.layers import Layers


def build(architecture: str, options: Options, classes: int) -> keras.Sequential:
    """Build a new model: float32 ``[N, 28, 28, 1]`` in 0..1 -> logits ``[N, classes]``.

    Args:
        architecture: a key of ``ARCHITECTURES``, or a Python file whose ``build()`` returns layers.
        options: what to vary.
        classes: number of logits.

    Raises:
        FittingFailed: if the layers do not fit; the message says what is missing.
    """
    body = (
        own_layers.read(Path(architecture))
        if is_file(architecture)
        else _named(architecture, options, classes)
    )
    scale = [] if options.normalise else [keras.layers.Rescaling(255.0, name="as_bytes")]
    return assemble([*scale, *body], classes)


def _named(architecture: str, options: Options, classes: int) -> Layers:
    entry = ARCHITECTURES[architecture]
    builder: Callable[..., Layers] = getattr(training.layers, entry.builder)
    return builder(options, classes, **entry.settings)


def assemble(body: Layers, classes: int) -> keras.Sequential:
    """Put layers after the input and check that they end in one logit per class.

    Raises:
        FittingFailed: if they do not; the message says what is missing.
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
        raise FittingFailed("the last layer has a softmax: remove it, the loss and the export add it")
    return model


def summary(model: keras.Model) -> str:
    """Return a text table of the layers with their output shapes and parameter counts."""
    row = "{:<26} {:<22} {:<20} {:>12}".format
    lines = [row("layer", "type", "output", "parameters")]
    lines += [
        row(each.name, type(each).__name__, _shape(each.output.shape), f"{each.count_params():,}")
        for each in model.layers
    ]
    return "\n".join([*lines, row("all", "", "", f"{model.count_params():,}")])


def _shape(shape: tuple[int | None, ...]) -> str:
    return "[" + ", ".join("N" if size is None else str(size) for size in shape) + "]"
