"""Reproducible splits that hold out the same share of every class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.datasets.split import Labels

_TEST_SEED = 2026
_TEST_PART = 0.2
_MOST_TEST = 10_000
_FEWEST_FOR_VALIDATION = 20


def held_out(labels: Labels, part: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold out a share of every class, at least one picture of each.

    Args:
        labels: ``[N]``, the class numbers.
        part: share of each class to hold out, 0..1.
        seed: chooses which.

    Returns:
        The positions to keep and the positions held out, each in ascending order.
    """
    random = np.random.default_rng([seed, len(labels)])
    out = []
    for number in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == number))
        out.append(places[: max(1, round(len(places) * part))])
    chosen = np.sort(np.concatenate(out))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def hold_out_test(labels: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold out a test part: a fifth of each class, at most about 10,000 pictures; returns as ``held_out``."""
    return held_out(labels, min(_TEST_PART, _MOST_TEST / len(labels)), _TEST_SEED)


def needs_folds(labels: Labels) -> bool:
    """Return whether a class has too few pictures to hold some out for validation."""
    return int(np.unique(labels, return_counts=True)[1].min()) < _FEWEST_FOR_VALIDATION


def folds(labels: Labels, count: int, seed: int) -> list[NDArray[np.int64]]:
    """Divide positions into ``count`` folds, with every class spread over them as evenly as possible.

    Args:
        labels: ``[N]``, the class numbers.
        count: number of folds.
        seed: chooses the pictures of each fold.

    Returns:
        The positions of each fold, in ascending order.
    """
    random = np.random.default_rng([seed, len(labels)])
    fold = np.empty(len(labels), np.int64)
    offset = 0
    for number in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == number))
        fold[places] = (np.arange(len(places)) + offset) % count
        offset += len(places)
    return [np.flatnonzero(fold == each) for each in range(count)]
