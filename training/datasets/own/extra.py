"""Corrections added to a data set: most are trained on, and some are held out to measure their effect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.datasets.dataset import Dataset
from training.datasets.own import checks, preparing
from training.datasets.own.forms import find
from training.datasets.own.found import TRAIN
from training.datasets.own.preparing import Rejected, Usable
from training.datasets.split import Split
from training.errors import BadDataset

_HELD_OUT = 5
"""One in five is held out."""


@dataclass(frozen=True)
class Extra:
    """Corrections to train on.

    Attributes:
        path: a folder written by the gateway, or pictures in any form that own pictures can have.
        weight: how often each correction is shown per epoch, compared with a picture of the data set.
    """

    path: Path
    weight: int = 10


def with_extra(data: Dataset, extra: Extra, max_bad: float, drop_duplicates: bool = False) -> Dataset:
    """Add corrections to a data set: most to its training part, and some to ``corrections``.

    The content of a correction alone decides whether it is held out, so every later training holds it out
    too. Corrections that are in the test part are left out.

    Args:
        data: the data set.
        extra: the corrections.
        max_bad: share of the corrections that may be unusable, 0..1.
        drop_duplicates: leave out corrections that contradict each other instead of refusing them.

    Raises:
        BadDataset: if corrections are unusable, contradict each other or have unknown labels, or if there
            are fewer than 2.
    """
    usable, rejected = _usable(data, extra, max_bad, drop_duplicates)
    whole = _not_in(data.test, _as_split(usable, data))
    if len(whole) < 2:
        raise BadDataset(
            f"--extra {extra.path.name} has {len(whole)} usable corrections; at least 2 are needed"
        )
    held = _held_out(whole)
    learned = whole.at(np.repeat(np.setdiff1d(np.arange(len(whole)), held), extra.weight))
    note = (
        f"{len(whole) - len(held)} corrections were trained on, each {extra.weight} times per epoch, and "
        f"{len(held)} held out"
    )
    return replace(
        data,
        train=data.train.followed_by(learned),
        corrections=whole.at(held),
        rejected=(*data.rejected, *rejected),
        notes=(*data.notes, note),
    )


def _usable(data: Dataset, extra: Extra, max_bad: float, drop: bool) -> tuple[Usable, list[Rejected]]:
    """Find, prepare and check the corrections; returns the usable ones and those left out."""
    found = find(extra.path)
    items = [item for part in found.parts.values() for item in part]
    unknown = sorted({item.label for item in items} - set(data.labels))
    if unknown:
        raise BadDataset(
            f"--extra {extra.path.name} has the label {unknown[0]!r}, which {data.name} does not have"
        )
    usable, rejected = preparing.prepare_all(items, data.recipe, uploads=True)
    checks.check_rejected(rejected, len(items), max_bad)
    parts, copies = checks.without_copies({TRAIN: usable}, drop)
    return parts[TRAIN], [*rejected, *copies]


def _as_split(usable: Usable, data: Dataset) -> Split:
    numbers = {name: number for number, name in enumerate(data.labels)}
    kind = data.train.labels.dtype.type
    return Split(usable.images, np.array([numbers[item.label] for item in usable.items], kind))


def _not_in(test: Split, whole: Split) -> Split:
    """Return the corrections that are not in the test part."""
    known = {image.tobytes() for image in test.images}
    kept = [n for n, image in enumerate(whole.images) if image.tobytes() not in known]
    return whole.at(np.array(kept, np.int64))


def _held_out(whole: Split) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Choose the positions to hold out: one in five by checksum, but at least one and not all."""
    marks = np.array(
        [int.from_bytes(preparing.digest(image)[:8], "big") for image in whole.images], np.uint64
    )
    chosen = np.flatnonzero(marks % _HELD_OUT == 0)
    return chosen if 0 < len(chosen) < len(whole) else np.array([int(marks.argmin())], np.int64)
