"""Transfer learning: training that starts with a published model's weights (Yosinski et al. 2014)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serving.contract import Card
from serving.store.layout import card_of
from training.errors import BadArgument

if TYPE_CHECKING:
    import keras


def check(version: Path, architecture: str, recipe: str) -> None:
    """Check that training can start with the weights of a version.

    Args:
        version: folder of the version, ``<models>/<name>/<version>``.
        architecture: architecture of the model to train.
        recipe: recipe by which its pictures are prepared.

    Raises:
        BadArgument: if the folder has no card, or the version has another recipe or architecture.
    """
    card = _card(version)
    if card.recipe != recipe:
        raise BadArgument(f"--from {version}: its recipe is {card.recipe}, this data set's is {recipe}")
    if (theirs := card.training.get("architecture")) != architecture:
        raise BadArgument(
            f"--from {version}: its architecture is {theirs}, not {architecture}; pass the same --model "
            "and options"
        )


def architecture_of(version: Path) -> str:
    """Return the architecture of a published version.

    Raises:
        BadArgument: if the folder has no card.
    """
    return str(_card(version).training.get("architecture"))


def recipe_of(version: Path) -> str:
    """Return the recipe of a published version.

    Raises:
        BadArgument: if the folder has no card.
    """
    return _card(version).recipe


def take_over(model: keras.Sequential, version: Path) -> None:
    """Copy the weights of a version into a new model, except those of the last layer.

    Raises:
        BadArgument: if the shapes differ, such as with another number of filters, or the weights are damaged.
    """
    import tensorflow as tf

    try:
        _take_over(model, version)
    except (tf.errors.OpError, RuntimeError) as error:
        raise BadArgument(f"--from {version}: its weights are missing or damaged") from error


def _take_over(model: keras.Sequential, version: Path) -> None:
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
        raise BadArgument(
            f"--from {version}: there is no published version with a readable card in that folder"
        )
    return card
