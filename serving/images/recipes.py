"""The published recipes, by the name that a version's card gives.

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
    """A recipe, by which pictures are prepared.

    Attributes:
        prepare: prepares a picture, without the steps to skip.
        steps: names of the steps that can be skipped.
        detail: the size and colour that it uses.
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
    """Prepare a picture by a recipe.

    Args:
        picture: a decoded picture.
        recipe: name and version, such as ``ink@2`` for digits, ``garment@2`` for clothing, ``symbol@1`` for
            letters and symbols, or ``none@1`` for a plain resize.
        fit: ``auto`` for the recipe, ``stretch`` for a plain resize instead.
        skip: names of steps to skip, to measure their effect.

    Returns:
        The prepared picture.

    Raises:
        UnusableImage: if there is nothing to classify on the picture.
        ValueError: if recipe or fit is unknown.
    """
    if fit not in FITS:
        raise ValueError(f"unknown fit {fit!r}: one of {', '.join(FITS)}")
    if fit == "stretch":
        return stretch(picture)
    return _published(recipe).prepare(picture, skip | STEPS_ADDED_SINCE[recipe])


def detail_of(recipe: str) -> Detail:
    """Return the size and colour that a recipe uses; the default ``Detail`` if the recipe is unknown."""
    return _published(recipe).detail if recipe in RECIPES else Detail()


def steps_of(recipe: str) -> tuple[str, ...]:
    """Return the steps of a recipe that can be skipped.

    Raises:
        ValueError: if the recipe is unknown.
    """
    return tuple(step for step in _published(recipe).steps if step not in STEPS_ADDED_SINCE[recipe])


def _published(recipe: str) -> PreparationRecipe:
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe {recipe!r}: one of {', '.join(RECIPES)}")
    return _BY_NAME.get(recipe) or _BY_NAME[recipe.partition("@")[0]]
