"""Test and validation pictures held out of every class alike, the same ones whenever it is done."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.split import Labels

_TEST_SEED = 2026
_TEST_PART = 0.2
_MOST_TEST = 10_000
_FEWEST_FOR_VALIDATION = 20


def held_out(labels: Labels, part: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions to keep and positions held out, each in ascending order; every class gives at least one.

    Args:
        labels: ``[N]``.
        part: of each class that is held out.
        seed: chooses which.
    """
    random = np.random.default_rng([seed, len(labels)])
    out = []
    for number in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == number))
        out.append(places[: max(1, round(len(places) * part))])
    chosen = np.sort(np.concatenate(out))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def hold_out_test(labels: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Training and test positions where no test part is given: a fifth of each class, at most 10,000."""
    return held_out(labels, min(_TEST_PART, _MOST_TEST / len(labels)), _TEST_SEED)


def needs_folds(labels: Labels) -> bool:
    """Whether a class has too few pictures to spare some for validation."""
    return int(np.unique(labels, return_counts=True)[1].min()) < _FEWEST_FOR_VALIDATION


def folds(labels: Labels, count: int, seed: int) -> list[NDArray[np.int64]]:
    """Positions in ``count`` parts, every class spread over them as evenly as it can be."""
    random = np.random.default_rng([seed, len(labels)])
    fold = np.empty(len(labels), np.int64)
    offset = 0
    for number in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == number))
        fold[places] = (np.arange(len(places)) + offset) % count
        offset += len(places)
    return [np.flatnonzero(fold == each) for each in range(count)]
