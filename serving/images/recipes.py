"""The published recipes, by the name that a version's card gives.

The output of a published recipe never changes, not by a single bit. A changed recipe gets the next number,
here and in ``serving.contract``, and the old one stays, in its own module, for the two releases in which
versions that name it may serve. ``tests/recipes`` runs every recipe and compares digests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serving.contract import RECIPE_GARMENT, RECIPE_INK, RECIPE_NONE, RECIPE_SYMBOL
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
class Recipe:
    """A recipe, by which pictures are prepared.

    Attributes:
        prepare: prepares a picture, without the steps to skip.
        steps: names of the steps that can be skipped.
        detail: the size and colour that it uses.
    """

    prepare: Callable[[Picture, frozenset[str]], Prepared]
    steps: tuple[str, ...]
    detail: Detail


_PUBLISHED: Mapping[str, Recipe] = {
    RECIPE_INK: Recipe(prepare_ink, INK_STEPS, INK_DETAIL),
    RECIPE_GARMENT: Recipe(prepare_garment, GARMENT_STEPS, GARMENT_DETAIL),
    RECIPE_SYMBOL: Recipe(lambda picture, _: prepare_symbol(picture), (), INK_DETAIL),
    RECIPE_NONE: Recipe(lambda picture, _: stretch(picture), (), Detail(colour=False)),
}


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
    return _published(recipe).prepare(picture, skip)


def detail_of(recipe: str) -> Detail:
    """Return the size and colour that a recipe uses; the default ``Detail`` if the recipe is unknown."""
    known = _PUBLISHED.get(recipe)
    return known.detail if known else Detail()


def steps_of(recipe: str) -> tuple[str, ...]:
    """Return the steps of a recipe that can be skipped.

    Raises:
        ValueError: if the recipe is unknown.
    """
    return _published(recipe).steps


def _published(recipe: str) -> Recipe:
    if recipe not in _PUBLISHED:
        raise ValueError(f"unknown recipe {recipe!r}: one of {', '.join(_PUBLISHED)}")
    return _PUBLISHED[recipe]
