"""Sets of synthetic uploads, for training and for fitting doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.contract import RECIPE_INK
from training.datasets import Dataset, Split
from training.recipes import Recipe
from training.synthetic.batches import Known, Strange
from training.synthetic.processes import Batch, Pixels, made
from training.synthetic.strangers import kinds

_BATCH = 500
_POOL = 4_000
_HELD_OUT = 2_000
_APART = 1_000_000


@dataclass(frozen=True)
class Uploads:
    """A set of prepared uploads.

    Attributes:
        known: uploads of the data set's classes.
        strange: uint8 ``[M, 28, 28]``, strangers.
        kinds: the kind of each stranger, M names.
    """

    known: Split
    strange: Pixels
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """The uploads of a training.

    Attributes:
        train: the training part, followed by uploads and strangers; strangers have the label after the last.
        held_out: uploads made of validation data, for fitting doubt; None if the recipe has none.
    """

    train: Split
    held_out: Uploads | None


def beside(data: Dataset, other: Dataset | None, recipe: Recipe, seed: int) -> Made:
    """Make the uploads and strangers that a recipe asks for.

    Args:
        data: its training and validation parts are used.
        other: the data set whose pictures are strangers; None draws strangers without it.
        recipe: has the numbers of uploads and strangers.
        seed: determines the pictures.
    """
    if not recipe.uploads and not recipe.strangers:
        return Made(data.train, None)
    train, validation = (other.train, other.validation) if other else (None, None)
    found = uploads(data.train, data.recipe, train, recipe.uploads, recipe.strangers, seed)
    known, strange = (min(_HELD_OUT, count // 4) for count in (recipe.uploads, recipe.strangers))
    held_out = uploads(data.validation, data.recipe, validation, max(known, 1), strange, seed + _APART)
    return Made(_joined(data, found), held_out)


def _joined(data: Dataset, found: Uploads) -> Split:
    label = np.full(len(found.strange), len(data.labels), np.uint8)
    return data.train.followed_by(found.known).followed_by(Split(found.strange, label))


def uploads(part: Split, recipe: str, other: Split | None, known: int, strange: int, seed: int) -> Uploads:
    """Draw and prepare uploads of known classes, and the same number of strangers of every kind.

    Args:
        part: pictures of known classes.
        recipe: the recipe by which uploads are prepared.
        other: pictures of the data set whose pictures are strangers, or None.
        known: number of uploads of known classes, at most the size of ``part``.
        strange: number of strangers.
        seed: determines the pictures.
    """
    chosen = part.at(np.random.default_rng([seed, 0]).permutation(len(part))[:known])
    own, others = _some(part, seed), None if other is None else _some(other, seed)
    digits, garments = (own, others) if recipe == RECIPE_INK else (others, own)
    names = sorted(kinds(recipe, digits, garments))
    wanted = tuple(names[n % len(names)] for n in range(strange))
    batches: list[Batch] = [
        Known(chosen.at(slice(at, at + _BATCH)), recipe, (seed, at)) for at in range(0, len(chosen), _BATCH)
    ]
    batches += [
        Strange(wanted[at : at + _BATCH], digits, garments, recipe, 0, (seed + 1, at))
        for at in range(0, strange, _BATCH)
    ]
    pairs = made(batches)
    return Uploads(_split(pairs[: len(chosen)]), _split(pairs[len(chosen) :]).images, wanted)


def _some(part: Split, seed: int) -> Split:
    """Return enough pictures to draw strangers from, but few enough to send to every process."""
    return part.at(np.random.default_rng([seed, 1]).permutation(len(part))[:_POOL])


def _split(pairs: Sequence[tuple[Pixels, int]]) -> Split:
    images = np.stack([pixels for pixels, _ in pairs]) if pairs else np.zeros((0, 28, 28), np.uint8)
    return Split(images, np.array([label for _, label in pairs], np.uint8))
