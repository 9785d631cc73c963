"""Which recipe prepares a picture: the card of the version that answers names it."""

from __future__ import annotations

from serving.contract import RECIPE_GARMENT, RECIPE_INK
from serving.images.ink import STEPS as INK_STEPS
from serving.images.ink import prepare_ink
from serving.images.picture import Picture, Prepared
from serving.images.stretch import stretch

FITS = ("auto", "stretch")


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
        from serving.images.garment import prepare_garment

        return prepare_garment(picture, skip)
    raise ValueError(f"unknown recipe {recipe!r}")


def steps_of(recipe: str) -> tuple[str, ...]:
    """The steps of a recipe that ``skip`` knows.

    Raises:
        ValueError: unknown recipe.
    """
    if recipe == RECIPE_INK:
        return INK_STEPS
    if recipe == RECIPE_GARMENT:
        from serving.images.garment import STEPS

        return STEPS
    raise ValueError(f"unknown recipe {recipe!r}")
