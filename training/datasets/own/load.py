"""Loading of own pictures: found, prepared, checked and split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.contract import RECIPE_INK, RECIPE_SYMBOL
from training.datasets import idx
from training.datasets.catalogue import CATALOGUE, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from training.datasets.dataset import Dataset
from training.datasets.own import checks, forms, known, preparing
from training.datasets.own import parts as parts_of
from training.datasets.own.balance import balanced
from training.datasets.own.found import Found, natural
from training.datasets.own.preparing import Rejected, Usable
from training.datasets.split import Split, label_type
from training.errors import BadDataset

_NOW_AND_THEN = 0.02


@dataclass(frozen=True)
class Asked:
    """How a data set is to be read and split.

    Attributes:
        recipe: the recipe for own pictures. None takes that of the named data set if the pictures are one,
            else ink, or symbol if they have several marks.
        validation_split: share of the training set to hold out if there is no validation part, 0..1.
        seed: chooses which pictures to hold out.
        max_bad: share of the pictures that may be unusable, 0..1.
        drop_duplicates: leave out copies instead of refusing the data set.
    """

    recipe: str | None = None
    validation_split: float = 0.1
    seed: int = 0
    max_bad: float = 0.01
    drop_duplicates: bool = False


def load(path: Path, asked: Asked) -> Dataset:
    """Read, prepare, check and split the pictures of a folder or file.

    Raises:
        BadDataset: if no model can be trained on them; the message gives the reason.
    """
    found = forms.find(path)
    kind = known.by_content(found, asked.recipe)
    recipe, parts, rejected, notes = _prepared(found, kind, asked)
    labels = CATALOGUE[kind].labels if kind else _labels(found)
    if not kind:
        checks.check_classes(parts, labels)
        parts, copies = checks.without_copies(parts, asked.drop_duplicates)
        checks.check_classes(parts, labels)
        rejected += copies
    splits = {part: _split(usable, known.numbers(labels, found)) for part, usable in parts.items()}
    cut = parts_of.cut(splits, kind, asked.validation_split, asked.seed)
    for name, part in (("training", cut.train), ("validation", cut.validation), ("test", cut.test)):
        _check_present(name, part, labels)
    train, weighed = (cut.train, ()) if kind else balanced(cut.train, labels)
    return Dataset(
        name=forms.name_of(path),
        train=train,
        validation=cut.validation,
        test=cut.test,
        sha256=(CATALOGUE[kind].sha256 if kind else {}) or _sums(cut.whole, cut.test),
        source=str(path),
        labels=labels,
        recipe=recipe,
        kind=kind,
        folds=cut.folds,
        rejected=tuple(rejected),
        notes=(*notes, *filter(None, [cut.note]), *weighed),
    )


def _prepared(
    found: Found, kind: str, asked: Asked
) -> tuple[str, dict[str, Usable], list[Rejected], list[str]]:
    """Return the recipe, the prepared parts, the unusable pictures and the notes for the report."""
    recipe = asked.recipe or (CATALOGUE[kind].recipe if kind else RECIPE_INK)
    parts, rejected = _usable(found, recipe, asked)
    notes = list(found.notes)
    if recipe == RECIPE_INK and (warned := _warned(parts)):
        notes.append(f"{warned} pictures have several marks or a wide one, of which the recipe ink keeps one")
        if asked.recipe is None:
            recipe = RECIPE_SYMBOL
            parts, rejected = _usable(found, recipe, asked)
            notes[-1] += "; all pictures were prepared by the recipe symbol, which keeps every mark"
        else:
            notes[-1] += "; the recipe symbol would keep every mark"
    return recipe, parts, rejected, notes


def _usable(found: Found, recipe: str, asked: Asked) -> tuple[dict[str, Usable], list[Rejected]]:
    parts: dict[str, Usable] = {}
    rejected: list[Rejected] = []
    for part, items in found.parts.items():
        parts[part], bad = preparing.prepare_all(items, recipe)
        rejected += bad
    checks.check_rejected(rejected, sum(map(len, found.parts.values())), asked.max_bad)
    return parts, rejected


def _warned(parts: Mapping[str, Usable]) -> int:
    """Count the pictures with warnings; return 0 if they are at most 2 %."""
    warned = sum(usable.warned for usable in parts.values())
    return warned if warned > _NOW_AND_THEN * sum(len(usable.items) for usable in parts.values()) else 0


def _labels(found: Found) -> tuple[str, ...]:
    used = {item.label for items in found.parts.values() for item in items}
    if found.labels is None:
        return tuple(sorted(used, key=natural))
    if unnamed := sorted(used - set(found.labels), key=natural):
        raise BadDataset(f"pictures have the label {unnamed[0]!r}, which is not among the class names given")
    return found.labels


def _split(usable: Usable, numbers: Mapping[str, int]) -> Split:
    kind = label_type(max(numbers.values()) + 1)
    return Split(usable.images, np.array([numbers[item.label] for item in usable.items], kind))


def _check_present(part: str, split: Split, labels: tuple[str, ...]) -> None:
    counts = Counter(split.labels.tolist())
    missing = [name for number, name in enumerate(labels) if not counts[number]]
    if missing:
        listed = ", ".join(repr(name) for name in missing[:3])
        raise BadDataset(f"the {part} part has no pictures of some classes ({len(missing)}): {listed}")


def _sums(train: Split, test: Split) -> dict[str, str]:
    """Compute the checksums that four IDX files would have; with over 255 classes, a label is two bytes."""
    arrays = {TRAIN_IMAGES: train, TRAIN_LABELS: train, TEST_IMAGES: test, TEST_LABELS: test}
    sums = {}
    for key, split in arrays.items():
        array = split.images if "images" in key else split.labels
        content = idx.encode(array) if array.dtype == np.uint8 else array.astype(">u2").tobytes()
        sums[key] = hashlib.sha256(content).hexdigest()
    return sums
