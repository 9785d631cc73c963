"""Which recipe prepares a picture: the card of the version that answers names it."""

from __future__ import annotations

from serving.contract import RECIPE_GARMENT, RECIPE_INK
from serving.images.garment import DETAIL as GARMENT_DETAIL
from serving.images.garment import STEPS as GARMENT_STEPS
from serving.images.garment import prepare_garment
from serving.images.ink import DETAIL as INK_DETAIL
from serving.images.ink import STEPS as INK_STEPS
from serving.images.ink import prepare_ink
from serving.images.picture import Detail, Picture, Prepared
from serving.images.stretch import stretch

FITS = ("auto", "stretch")

_DETAILS = {RECIPE_INK: INK_DETAIL, RECIPE_GARMENT: GARMENT_DETAIL}


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
        recipe: ``ink`` for digits, ``garment`` for clothing.
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
    if recipe == RECIPE_INK:
        return prepare_ink(picture, skip)
    if recipe == RECIPE_GARMENT:
        return prepare_garment(picture, skip)
    raise ValueError(f"unknown recipe {recipe!r}")


def detail_of(recipe: str) -> Detail:
    """How much of a picture a recipe uses; all there is for one that is not known."""
    return _DETAILS.get(recipe, Detail())


def steps_of(recipe: str) -> tuple[str, ...]:
    """The steps of a recipe that ``skip`` knows.

    Raises:
        ValueError: unknown recipe.
    """
    if recipe == RECIPE_INK:
        return INK_STEPS
    if recipe == RECIPE_GARMENT:
        return GARMENT_STEPS
    raise ValueError(f"unknown recipe {recipe!r}")
