"""Folds of cross-validation: no copy of a held-out picture is trained on, and each is held out once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.cross_validation import divided
from training.datasets import Split
from training.datasets.own import splitting

PICTURES = np.random.default_rng(0).integers(0, 256, (60, 28, 28), np.uint8)
LABELS = np.repeat(np.arange(4, dtype=np.uint8), 15)


def contents(images: NDArray[np.uint8]) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_pictures_without_copies_are_divided_as_by_their_positions() -> None:
    parts = divided(Split(PICTURES, LABELS), 3, seed=5)
    for (kept, out), expected in zip(parts, splitting.folds(LABELS, 3, seed=5), strict=True):
        assert np.array_equal(out, expected)
        assert np.array_equal(kept, np.setdiff1d(np.arange(60), expected))


def test_corrections_that_occur_ten_times_are_trained_on_in_two_of_three_folds() -> None:
    places = np.concatenate([np.arange(60), np.tile(np.arange(50, 60), 9)])
    whole = Split(PICTURES, LABELS).at(places)
    parts = divided(whole, 3, seed=0)
    corrections = contents(PICTURES[50:])
    trained_on = [corrections & contents(whole.images[kept]) for kept, _ in parts]
    assert sum(map(len, trained_on)) == 20
    for kept, out in parts:
        assert not contents(whole.images[kept]) & contents(whole.images[out])
    assert sorted(np.concatenate([out for _, out in parts]).tolist()) == list(range(60))
