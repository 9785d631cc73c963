"""Training that begins with the layers of a published model instead of random ones (Yosinski et al. 2014)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serving.contract import Card
from serving.store.layout import card_of
from training.errors import BadArgument

if TYPE_CHECKING:
    import keras


def check(version: Path, architecture: str, recipe: str) -> None:
    """Refuse a version whose layers would be of no use, before anything is trained.

    Args:
        version: its folder, ``<models>/<name>/<version>``.
        architecture: of the model to be trained.
        recipe: that its pictures are prepared by.

    Raises:
        BadArgument: for a folder without a card, another recipe or another architecture.
    """
    card = _card(version)
    if card.recipe != recipe:
        raise BadArgument(f"--from {version}: its pictures are prepared by {card.recipe}, these by {recipe}")
    if (theirs := card.training.get("architecture")) != architecture:
        raise BadArgument(
            f"--from {version}: it is a {theirs}, this is a {architecture}; pass its --model and options"
        )


def architecture_of(version: Path) -> str:
    """The architecture of a published version; raises as ``check``."""
    return str(_card(version).training.get("architecture"))


def recipe_of(version: Path) -> str:
    """The recipe of a published version; raises as ``check``."""
    return _card(version).recipe


def take_over(model: keras.Sequential, version: Path) -> None:
    """Give a new model the weights of a version, but for its last layer.

    Raises:
        BadArgument: where they do not fit, as with another number of filters.
    """
    import tensorflow as tf

    last = {id(variable) for variable in model.layers[-1].variables}
    reader = tf.train.load_checkpoint(str(version / "variables" / "variables"))
    for number, variable in enumerate(model.variables):
        if id(variable) in last or "seed" in variable.path:
            continue
        key = f"variables/{number}/.ATTRIBUTES/VARIABLE_VALUE"
        stored = reader.get_tensor(key) if reader.has_tensor(key) else None
        if stored is None or tuple(stored.shape) != tuple(variable.shape):
            raise BadArgument(f"--from {version}: its layers do not fit {variable.path}; pass its --units")
        variable.assign(stored)


def _card(version: Path) -> Card:
    card = card_of(version)
    if card is None:
        raise BadArgument(f"--from {version}: there is no published version with a readable card")
    return card
