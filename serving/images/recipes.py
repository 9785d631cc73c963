"""The published recipes: the card of the version that answers names the one that prepares a picture.

A published recipe gives the same pixels forever, so the change of a single pixel needs the next number. The
old recipe stays for the two releases in which versions that name it may serve. ``serving.contract`` lists
every recipe with the steps added since, which are skipped for it. A recipe that differs in more than added
steps keeps its code in its own module, under its full name here. ``tests/recipes`` compares digests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serving.contract import RECIPES, STEPS_ADDED_SINCE
from serving.images.garment import DETAIL as GARMENT_DETAIL
from serving.images.garment import STEPS as GARMENT_STEPS
from serving.images.garment import prepare_garment
from serving.images.ink import DETAIL as INK_DETAIL
from serving.images.ink import STEPS as INK_STEPS
from serving.images.ink import prepare_ink, prepare_symbol
from serving.images.picture import Detail, Picture, Prepared
from serving.images.stretch import stretch

FITS = ("auto", "stretch")


@dataclass(frozen=True)
class PreparationRecipe:
    """How pictures are prepared.

    Attributes:
        prepare: from a picture, without the steps to skip, to 28x28 pixels.
        steps: the names of its steps.
        detail: how much of a picture it uses.
    """

    prepare: Callable[[Picture, frozenset[str]], Prepared]
    steps: tuple[str, ...]
    detail: Detail


_BY_NAME: Mapping[str, PreparationRecipe] = {
    "ink": PreparationRecipe(prepare_ink, INK_STEPS, INK_DETAIL),
    "garment": PreparationRecipe(prepare_garment, GARMENT_STEPS, GARMENT_DETAIL),
    "symbol": PreparationRecipe(prepare_symbol, (), INK_DETAIL),
    "none": PreparationRecipe(lambda picture, _: stretch(picture), (), Detail(colour=False)),
}
"""The newest recipe of each name. An older one with its own code has its full name, such as ``ink@1``."""


def prepare(
    picture: Picture,
    recipe: str,
    *,
    fit: str = "auto",
    skip: frozenset[str] = frozenset(),
) -> Prepared:
    """Turn a picture into what a model expects.

    Args:
        picture: a decoded picture.
        recipe: name and version, such as ``ink@2`` for digits, ``garment@2`` for clothing, ``symbol@1`` for
            letters and signs, ``none@1`` for a plain resize.
        fit: ``auto`` for the recipe, ``stretch`` for a plain resize without one.
        skip: names of steps to leave out, for measuring what each is worth.

    Returns:
        28x28 pixels, white on black, with what was done.

    Raises:
        UnusableImage: nothing on the picture to classify.
        ValueError: unknown recipe or fit.
    """
    if fit not in FITS:
        raise ValueError(f"unknown fit {fit!r}: one of {', '.join(FITS)}")
    if fit == "stretch":
        return stretch(picture)
    return _published(recipe).prepare(picture, skip | STEPS_ADDED_SINCE[recipe])


def detail_of(recipe: str) -> Detail:
    """How much of a picture a recipe uses; all there is for one that is not known."""
    return _published(recipe).detail if recipe in RECIPES else Detail()


def steps_of(recipe: str) -> tuple[str, ...]:
    """The steps of a recipe that ``skip`` knows.

    Raises:
        ValueError: unknown recipe.
    """
    return tuple(step for step in _published(recipe).steps if step not in STEPS_ADDED_SINCE[recipe])


def _published(recipe: str) -> PreparationRecipe:
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe {recipe!r}: one of {', '.join(RECIPES)}")
    return _BY_NAME.get(recipe) or _BY_NAME[recipe.partition("@")[0]]
