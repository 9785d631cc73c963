"""The catalogue of named data sets."""

from __future__ import annotations

from collections.abc import Mapping

from training.datasets.entry import (
    DIGIT_LABELS,
    IDX_FILES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Entry,
)
from training.datasets.named import entries

__all__ = [
    "CATALOGUE",
    "DIGIT_LABELS",
    "IDX_FILES",
    "TEST_IMAGES",
    "TEST_LABELS",
    "TRAIN_IMAGES",
    "TRAIN_LABELS",
    "Entry",
]

CATALOGUE: Mapping[str, Entry] = entries()
