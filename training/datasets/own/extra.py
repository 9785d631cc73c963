"""Corrections beside a data set: most are trained on, some held out to see what they changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.datasets.dataset import Dataset
from training.datasets.own import checks, preparing
from training.datasets.own.forms import find
from training.datasets.own.found import TRAIN
from training.datasets.split import Split
from training.errors import BadDataset

_HELD_OUT = 5
"""One in so many is held out."""


@dataclass(frozen=True)
class Extra:
    """Corrections to train with.

    Attributes:
        path: a folder that the gateway wrote, or any other data set without a test part.
        weight: how many times in an epoch each is shown where another picture is shown once.
    """

    path: Path
    weight: int = 10


def with_extra(data: Dataset, extra: Extra, max_bad: float) -> Dataset:
    """A data set with corrections: in its training part, and some of them in ``corrections``.

    Which are held out depends on their content alone, so that a correction that was held out once is held
    out of every later training. Those that are in the test set are left out.

    Raises:
        BadDataset: for unusable or contradictory corrections, unknown labels, or fewer than 2.
    """
    found = find(extra.path)
    items = [item for part in found.parts.values() for item in part]
    unknown = sorted({item.label for item in items} - set(data.labels))
    if unknown:
        raise BadDataset(
            f"--extra {extra.path.name} has the label {unknown[0]!r}, which {data.name} does not have"
        )
    usable, rejected = preparing.prepare_all(items, data.recipe)
    checks.check_rejected(rejected, len(items), max_bad)
    (usable,), copies = _without_copies(usable)
    numbers = {name: number for number, name in enumerate(data.labels)}
    kind = data.train.labels.dtype.type
    whole = Split(usable.images, np.array([numbers[item.label] for item in usable.items], kind))
    known = {image.tobytes() for image in data.test.images}
    whole = whole.at(
        np.array([n for n in range(len(whole)) if whole.images[n].tobytes() not in known], np.int64)
    )
    if len(whole) < 2:
        raise BadDataset(
            f"--extra {extra.path.name} has {len(whole)} usable corrections; at least 2 are needed"
        )
    held = _held_out(whole)
    learned = whole.at(np.repeat(np.setdiff1d(np.arange(len(whole)), held), extra.weight))
    note = (
        f"{len(whole) - len(held)} corrections were trained on, each {extra.weight} times an epoch, and "
        f"{len(held)} held out"
    )
    return replace(
        data,
        train=data.train.followed_by(learned),
        corrections=whole.at(held),
        rejected=(*data.rejected, *rejected, *copies),
        notes=(*data.notes, note),
    )


def _without_copies(usable: preparing.Usable) -> tuple[tuple[preparing.Usable], list[preparing.Rejected]]:
    parts, copies = checks.without_copies({TRAIN: usable}, drop=False)
    return (parts[TRAIN],), copies


def _held_out(whole: Split) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions of those held out: one in five by their checksum, and at least one."""
    marks = np.array(
        [int.from_bytes(preparing.digest(image)[:8], "big") for image in whole.images], np.uint64
    )
    chosen = np.flatnonzero(marks % _HELD_OUT == 0)
    return chosen if 0 < len(chosen) < len(whole) else np.array([int(marks.argmin())], np.int64)
