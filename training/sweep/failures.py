"""Two nets that fail on purpose, and their error messages."""

from __future__ import annotations

from keras import layers

from training import models
from training.errors import FittingFailed
from training.layers import Layers

CLASSES = 10


def without_flatten() -> Layers:
    """Return layers without Flatten: Dense works on the last axis, so the output is no row of logits."""
    return [layers.Dense(128, activation="relu"), layers.Dense(CLASSES)]


def too_small() -> Layers:
    """Return layers that end in five neurons for ten labels."""
    return [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(5)]


FAILURES = {
    "no Flatten: `Dense(128), Dense(10)`": without_flatten,
    "a last layer too small: `Flatten(), Dense(128), Dense(5)`": too_small,
}


def messages() -> dict[str, str]:
    """Build every net and return its error message, by description of the net.

    Raises:
        RuntimeError: if a net is not refused.
    """
    said = {}
    for name, body in FAILURES.items():
        try:
            models.assemble(body(), CLASSES)
        except FittingFailed as error:
            said[name] = str(error)
        else:
            raise RuntimeError(f"{name} was not refused")
    return said
