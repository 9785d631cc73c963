"""Somebody's own pictures, ready for training."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.contract import RECIPE_INK
from training.datasets import idx
from training.datasets.catalogue import CATALOGUE, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from training.datasets.dataset import Dataset
from training.datasets.own import archives, checks, folders, idx_folders, known, preparing, splitting, tables
from training.datasets.own.balance import balanced
from training.datasets.own.found import TEST, TRAIN, VALIDATION, Found, natural
from training.datasets.own.preparing import Rejected, Usable
from training.datasets.split import Split, label_type
from training.errors import BadDataset

FOLDS = 3


@dataclass(frozen=True)
class Asked:
    """How somebody's pictures are to be taken.

    Attributes:
        recipe: how they are prepared; None for that of the named data set they are, else ink.
        validation_split: the part held out of the training set where there is no validation part.
        seed: chooses which pictures those are.
        max_bad: the part of the pictures that may be unusable.
        drop_duplicates: leave copies out instead of refusing them.
    """

    recipe: str | None = None
    validation_split: float = 0.1
    seed: int = 0
    max_bad: float = 0.01
    drop_duplicates: bool = False


def load(path: Path, asked: Asked) -> Dataset:
    """Read, prepare, check and split the pictures of a folder or file.

    Raises:
        BadDataset: for data that no model can be trained on, saying why.
    """
    found = find(path)
    kind = known.by_content(found, asked.recipe)
    recipe = asked.recipe or (CATALOGUE[kind].recipe if kind else RECIPE_INK)
    parts, rejected = _usable(found, recipe, asked)
    labels = CATALOGUE[kind].labels if kind else _labels(found)
    if not kind:
        checks.check_classes(parts, labels)
        parts, copies = checks.without_copies(parts, asked.drop_duplicates)
        checks.check_classes(parts, labels)
        rejected += copies
    splits = {part: _split(usable, known.numbers(labels, found)) for part, usable in parts.items()}
    return _held_out(path, splits, labels, recipe, kind, asked, rejected, found.notes)


def find(path: Path) -> Found:
    """What lies at a path, in whichever form.

    Raises:
        BadDataset: for a path without pictures in a form that is known here.
    """
    try:
        if path.suffix == ".npz":
            return archives.read(path)
        if path.suffix == ".csv":
            return tables.read(path)
        if not path.is_dir():
            raise BadDataset(f"{path.name} is neither a folder nor an .npz or .csv file")
        if idx_folders.is_idx(path):
            return idx_folders.read(path)
        found = tables.read(path) if tables.is_table(path) else folders.read(path)
    except OSError as error:
        raise BadDataset(f"{error.filename or path}: {error.strerror or error}") from error
    if not found.parts.get(TRAIN):
        raise BadDataset(
            f"{path.name} holds no pictures; expected a folder for each class, IDX files or a CSV file"
        )
    return found


def name_of(path: Path) -> str:
    """A name for the data set at a path, such as a model can have."""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.resolve().stem).strip("_.-")
    return f"set_{stem}" if stem.isdigit() or not stem else stem


def _usable(found: Found, recipe: str, asked: Asked) -> tuple[dict[str, Usable], list[Rejected]]:
    parts: dict[str, Usable] = {}
    rejected: list[Rejected] = []
    for part, items in found.parts.items():
        parts[part], bad = preparing.prepare_all(items, recipe)
        rejected += bad
    checks.check_rejected(rejected, sum(map(len, found.parts.values())), asked.max_bad)
    return parts, rejected


def _labels(found: Found) -> tuple[str, ...]:
    if found.labels is not None:
        return found.labels
    return tuple(sorted({item.label for items in found.parts.values() for item in items}, key=natural))


def _split(usable: Usable, numbers: Mapping[str, int]) -> Split:
    kind = label_type(max(numbers.values()) + 1)
    return Split(usable.images, np.array([numbers[item.label] for item in usable.items], kind))


def _held_out(
    path: Path,
    splits: dict[str, Split],
    labels: tuple[str, ...],
    recipe: str,
    kind: str,
    asked: Asked,
    rejected: Sequence[Rejected],
    notes: tuple[str, ...],
) -> Dataset:
    """The data set with test and validation pictures held out where it names none."""
    train, remarks = splits[TRAIN], list(notes)
    if TEST in splits:
        test = splits[TEST]
    else:
        kept, out = splitting.hold_out_test(train.labels)
        train, test = train.at(kept), train.at(out)
        remarks.append(f"{len(test)} pictures, a fifth of each class, were held out as the test set")
    whole = train.followed_by(splits[VALIDATION]) if VALIDATION in splits else train
    folds = 0
    if VALIDATION in splits:
        validation = splits[VALIDATION]
    elif kind:
        train, validation = known.hold_out(train, asked.validation_split, asked.seed)
    elif splitting.needs_folds(train.labels):
        validation, folds = train, FOLDS
    else:
        kept, out = splitting.held_out(train.labels, asked.validation_split, asked.seed)
        train, validation = train.at(kept), train.at(out)
    for part, split in ((TRAIN, train), (TEST, test), (VALIDATION, validation)):
        _check_present(part, split, labels)
    sums = CATALOGUE[kind].sha256 if kind else {}
    train, weighed = (train, ()) if kind else balanced(train, labels)
    return Dataset(
        name=name_of(path),
        train=train,
        validation=validation,
        test=test,
        sha256=sums or _sums(whole, test),
        source=str(path),
        labels=labels,
        recipe=recipe,
        kind=kind,
        folds=folds,
        rejected=tuple(rejected),
        notes=(*remarks, *weighed),
    )


def _check_present(part: str, split: Split, labels: tuple[str, ...]) -> None:
    counts = Counter(split.labels.tolist())
    missing = [name for number, name in enumerate(labels) if not counts[number]]
    if missing:
        listed = ", ".join(repr(name) for name in missing[:3])
        raise BadDataset(f"the {part} part has no picture of {len(missing)} of the classes: {listed}")


def _sums(train: Split, test: Split) -> dict[str, str]:
    """Checksums as the four IDX files would have; over 255 classes a label is two bytes."""
    arrays = {TRAIN_IMAGES: train, TRAIN_LABELS: train, TEST_IMAGES: test, TEST_LABELS: test}
    sums = {}
    for key, split in arrays.items():
        array = split.images if "images" in key else split.labels
        content = idx.encode(array) if array.dtype == np.uint8 else array.astype(">u2").tobytes()
        sums[key] = hashlib.sha256(content).hexdigest()
    return sums
