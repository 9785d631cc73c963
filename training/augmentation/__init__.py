"""Augmentation: changes pictures of a data set to look like prepared uploads.

All functions work on whole batches with TensorFlow operations inside a graph. Random numbers come from a
stateless seed, so an interrupted training resumes bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.contract import RECIPE_GARMENT, RECIPE_NONE

Augment = Callable[[Any, Any], Any]
"""(images float32 [N, 28, 28, 1] in 0..1, seed int32 [2]) -> images of the same shape and range."""

STRENGTHS = ("none", "light", "strong")


def augmenter(recipe: str, strength: str) -> Augment | None:
    """Return the augmentation for pictures prepared by a recipe.

    Args:
        recipe: one of ``serving.contract.RECIPES``.
        strength: ``none``, ``light`` (cheap, for quick training) or ``strong`` (covers real photographs).

    Returns:
        The augmentation; None for ``none``.

    Raises:
        ValueError: if the strength is unknown.
    """
    if strength not in STRENGTHS:
        raise ValueError(f"unknown augmentation strength {strength!r}: one of {', '.join(STRENGTHS)}")
    if strength == "none":
        return None
    if recipe == RECIPE_GARMENT:
        from training.augmentation.garment import augment_garments

        return augment_garments(strength)
    if recipe == RECIPE_NONE:
        from training.augmentation.plain import augment_plain

        return augment_plain(strength)
    from training.augmentation.ink import augment_ink

    return augment_ink(strength)
