"""Augmentation: what the pictures of a data set may look like once real uploads are prepared.

Everything works on whole batches with TensorFlow's operations, inside a graph, and takes its chances from a
stateless seed: the same seed gives the same pictures, so that an interrupted training resumes to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Augment = Callable[[Any, Any], Any]
"""(images float32 [N, 28, 28, 1] in 0..1, seed int32 [2]) -> images of the same shape and range."""

STRENGTHS = ("none", "light", "strong")
_GARMENTS = frozenset({"fashion_mnist"})


def augmenter(dataset: str, strength: str) -> Augment | None:
    """Choose the augmentation for a data set.

    Args:
        dataset: ``fashion_mnist`` is augmented as clothing, every other as digits.
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
    if dataset in _GARMENTS:
        from training.augmentation.garment import augment_garments

        return augment_garments(strength)
    from training.augmentation.ink import augment_ink

    return augment_ink(strength)
