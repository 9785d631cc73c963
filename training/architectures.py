"""The architectures by name. Plain data, so that the command line can list them without loading Keras.

``training.layers`` has the functions that make the layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Options:
    """What can be varied within an architecture; None keeps the architecture's own value.

    Attributes:
        units: neurons of each hidden dense layer, or filters of the first convolution.
        layers: number of hidden dense layers (``dense-*``).
        dropout: share of the activations dropped before the last layer, 0..1.
        normalise: if False, the network gets pixels of 0..255 instead of 0..1, to show the effect.
    """

    units: int | None = None
    layers: int | None = None
    dropout: float | None = None
    normalise: bool = True


@dataclass(frozen=True)
class Architecture:
    """One architecture.

    Attributes:
        builder: name of the function in ``training.layers`` that makes its layers.
        settings: keyword arguments for that function.
        options: the fields of ``Options`` that it takes, besides ``normalise``.
    """

    builder: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ("units", "dropout")


def _dense(**settings: int) -> Architecture:
    return Architecture("dense", settings, ("units", "layers", "dropout"))


ARCHITECTURES: Mapping[str, Architecture] = {
    "dense-128": _dense(units=128),
    "dense-256": _dense(units=256),
    "dense-512": _dense(units=512),
    "dense-1024": _dense(units=1024),
    "dense-deep": _dense(units=256, hidden=2),
    "cnn-lesson": Architecture("cnn_lesson"),
    "cnn-lesson-deep": Architecture("cnn_lesson", {"further": 1}),
    "cnn": Architecture("cnn"),
    "cnn-small": Architecture("cnn_small"),
    # Half as many filters again on 14x14, where they take little time: 94,170 parameters.
    "cnn-middle": Architecture("cnn", {"middle": 3}),
    # Strongly augmented clothing needs more filters and more dropout.
    "cnn-wide": Architecture("cnn", {"units": 32, "dropout": 0.3}),
    "cnn-deep": Architecture("cnn", {"further": 1}),
    "cnn-dropout": Architecture("cnn", {"dropout": 0.5}),
    "resnet": Architecture("resnet"),
}


def is_file(model: str) -> bool:
    """Return whether ``model`` is the path of a Python file of layers, not a name in ``ARCHITECTURES``."""
    return model.endswith(".py")
