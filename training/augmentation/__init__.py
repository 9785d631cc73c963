"""Augmentation: what the pictures of a data set may look like once real uploads are prepared.

Everything works on whole batches with TensorFlow's operations, inside a graph, and takes its chances from a
stateless seed: the same seed gives the same pictures, so that an interrupted training resumes to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.contract import RECIPE_GARMENT, RECIPE_NONE

Augment = Callable[[Any, Any], Any]
"""(images float32 [N, 28, 28, 1] in 0..1, seed int32 [2]) -> images of the same shape and range."""

STRENGTHS = ("none", "light", "strong")


def augmenter(recipe: str, strength: str) -> Augment | None:
    """Choose the augmentation for pictures that a recipe prepared.

    Args:
        recipe: one of ``serving.contract.RECIPES``.
        strength: ``none``; ``light``, which costs little, for quick training; ``strong``, which covers real
            photographs.

    Returns:
        The augmentation, or None for ``none``.

    Raises:
        ValueError: unknown strength.
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
