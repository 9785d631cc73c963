"""The two nets that fail on purpose, and what is said of them."""

from __future__ import annotations

from keras import layers

from training import models
from training.errors import FittingFailed

CLASSES = 10


def without_flatten() -> models.Layers:
    """Dense works on the last axis, so that a picture stays a picture: no row of logits."""
    return [layers.Dense(128, activation="relu"), layers.Dense(CLASSES)]


def too_small() -> models.Layers:
    """Five neurons for ten labels."""
    return [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(5)]


FAILURES = {
    "no Flatten: `Dense(128), Dense(10)`": without_flatten,
    "a last layer too small: `Flatten(), Dense(128), Dense(5)`": too_small,
}


def messages() -> dict[str, str]:
    """What the user reads when such a net is put together, by net.

    Raises:
        RuntimeError: if one of them is let through.
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
