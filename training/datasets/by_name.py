"""Loading of a named data set: found or downloaded, verified and split."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE
from training.datasets import digits, idx, sources
from training.datasets.catalogue import CATALOGUE, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from training.datasets.dataset import Dataset
from training.datasets.own import known
from training.datasets.sources import Place
from training.datasets.split import Split
from training.errors import BadArgument, CorruptDataset, DatasetUnavailable

_COUNTS = {TRAIN_IMAGES: 60_000, TRAIN_LABELS: 60_000, TEST_IMAGES: 10_000, TEST_LABELS: 10_000}

Fetch = Callable[[str, Path], Path]


def load(
    name: str,
    data_dir: Path | None = None,
    *,
    validation_split: float = 0.1,
    seed: int = 0,
    places: Sequence[Place] | None = None,
    fetch: Fetch | None = None,
) -> Dataset:
    """Find, verify and split a data set.

    Args:
        name: a key of ``CATALOGUE``.
        data_dir: the folder to search first.
        validation_split: share of the training set to hold out, between 0 and 1.
        seed: chooses which pictures to hold out.
        places: the folders to search instead of the usual ones, which include ``data_dir``.
        fetch: downloads a data set into a folder and returns it; None uses the public mirrors.

    Raises:
        BadArgument: if the name is not in the catalogue.
        CorruptDataset: if a file is found, but its content is wrong.
        DatasetUnavailable: if it was not found; the message lists every place searched and what to do.
    """
    if name not in CATALOGUE:
        raise BadArgument(f"unknown data set {name!r}; choose from {', '.join(CATALOGUE)}")
    if name == "digits":
        arrays, source = _bundled()
    else:
        if places is None:
            places = sources.places(data_dir, os.environ)
        arrays, source = _find(name, places, fetch)
        _check_counts(arrays, source)
    _check_ranges(arrays, source, classes=len(CATALOGUE[name].labels))
    whole = Split(arrays[TRAIN_IMAGES], arrays[TRAIN_LABELS])
    train, validation = known.hold_out(whole, validation_split, seed)
    test = Split(arrays[TEST_IMAGES], arrays[TEST_LABELS])
    sums = CATALOGUE[name].sha256 or {key: _sha256(array) for key, array in arrays.items()}
    entry = CATALOGUE[name]
    return Dataset(name, train, validation, test, sums, source, entry.labels, entry.recipe, kind=name)


def other(name: str, data_dir: Path | None = None, *, seed: int = 0) -> Dataset | None:
    """Return the data set whose pictures are strangers to this one, if it is available without a download."""
    stranger = CATALOGUE[name].other
    return at_hand(stranger, data_dir, 0.1, seed) if stranger else None


def at_hand(name: str, data_dir: Path | None, validation_split: float, seed: int) -> Dataset | None:
    """Return a data set if it is available without a download, else None; arguments as in ``load``."""

    def not_downloaded(_: str, folder: Path) -> Path:
        raise DatasetUnavailable(f"{folder} is not available without a download")

    try:
        return load(name, data_dir, validation_split=validation_split, seed=seed, fetch=not_downloaded)
    except (CorruptDataset, DatasetUnavailable):
        return None


def _bundled() -> tuple[sources.Arrays, str]:
    return digits.arrays(), "bundled with scikit-learn"


def _find(name: str, places: Sequence[Place], fetch: Fetch | None) -> tuple[sources.Arrays, str]:
    for place in places:
        if (arrays := sources.find(name, place)) is not None:
            return arrays, str(place.path)
    try:
        folder = (fetch or _download)(name, sources.cache_folder() / name)
    except DatasetUnavailable as error:
        raise DatasetUnavailable(_nowhere(name, places, str(error))) from error
    files = sources.idx_files(folder)
    if files is None:
        raise DatasetUnavailable(_nowhere(name, places, f"the download left {folder} incomplete"))
    return sources.read_idx(name, files), str(folder)


def _download(name: str, folder: Path) -> Path:
    from training.datasets.download import download  # loads an HTTP client only when needed

    return download(CATALOGUE[name], folder)


def _nowhere(name: str, places: Sequence[Place], mirrors: str) -> str:
    tried = "\n".join(f"  {place.path} ({place.why})" for place in places)
    return (
        f"{name} is in none of these places:\n{tried}\nand could not be downloaded: {mirrors}\n"
        f"Put its four IDX files (plain or .gz) into DIR/{name} and pass --data-dir DIR, "
        "or train on the bundled data set with --dataset digits, which needs no network."
    )


def _check_counts(arrays: sources.Arrays, source: str) -> None:
    for key, count in _COUNTS.items():
        if len(arrays[key]) != count:
            raise CorruptDataset(f"{source}/{key}: expected {count:,} items, found {len(arrays[key]):,}")


def _check_ranges(arrays: sources.Arrays, source: str, classes: int) -> None:
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        if arrays[images].shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
            raise CorruptDataset(
                f"{source}/{images}: expected 28x28 images, found {arrays[images].shape[1:]}"
            )
        if int(arrays[labels].max()) >= classes:
            raise CorruptDataset(
                f"{source}/{labels}: expected labels 0 to {classes - 1}, found {int(arrays[labels].max())}"
            )


def _sha256(array: NDArray[np.uint8]) -> str:
    return hashlib.sha256(idx.encode(array)).hexdigest()
