"""The data sets: found or downloaded, verified, with a validation split held out of the training set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE
from training.datasets import digits, idx, sources
from training.datasets.catalogue import CATALOGUE, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from training.errors import BadArgument, CorruptDataset, DatasetUnavailable

__all__ = ["CATALOGUE", "Dataset", "Split", "load", "other"]

_COUNTS = {TRAIN_IMAGES: 60_000, TRAIN_LABELS: 60_000, TEST_IMAGES: 10_000, TEST_LABELS: 10_000}

Fetch = Callable[[str, Path], Path]


@dataclass(frozen=True)
class Split:
    """Pictures with their labels.

    Attributes:
        images: uint8 ``[N, 28, 28]``, white on black.
        labels: uint8 ``[N]``.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, index: NDArray[np.int64] | slice) -> Split:
        """The part at these positions."""
        return Split(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """A data set ready for training.

    Attributes:
        name: its key in the catalogue.
        train: what the weights are fitted on.
        validation: held out of the training set; every choice is made by it.
        test: for the gate and reported figures alone.
        sha256: of the uncompressed IDX content of the four files.
        source: where it was found.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    sha256: Mapping[str, str]
    source: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names."""
        return CATALOGUE[self.name].labels

    @property
    def recipe(self) -> str:
        """How a picture is prepared for a model trained on it."""
        return CATALOGUE[self.name].recipe


def load(
    name: str,
    data_dir: Path | None = None,
    *,
    validation_split: float = 0.1,
    seed: int = 0,
    environ: Mapping[str, str] = os.environ,
    fetch: Fetch | None = None,
) -> Dataset:
    """Find, verify and split a data set.

    Args:
        name: ``mnist``, ``fashion_mnist`` or ``digits``.
        data_dir: the first place to look.
        validation_split: the part of the training set that is held out, 0 < part < 1.
        seed: chooses which images those are.
        environ: ``MNIST_DATA_DIR`` and ``KERAS_HOME`` are read from it.
        fetch: downloads a data set into a folder; None uses the public mirrors.

    Raises:
        BadArgument: for a name that is not in the catalogue.
        CorruptDataset: for a file that is there and wrong.
        DatasetUnavailable: naming every place tried and what to do.
    """
    if name not in CATALOGUE:
        raise BadArgument(f"unknown data set {name!r}; there are {', '.join(CATALOGUE)}")
    if name == "digits":
        arrays, source = _bundled()
    else:
        arrays, source = _find(name, data_dir, environ, fetch)
        _check_counts(arrays, source)
    _check_ranges(arrays, source, classes=len(CATALOGUE[name].labels))
    whole = Split(arrays[TRAIN_IMAGES], arrays[TRAIN_LABELS])
    train, validation = _hold_out(whole, validation_split, seed)
    test = Split(arrays[TEST_IMAGES], arrays[TEST_LABELS])
    sums = CATALOGUE[name].sha256 or {key: _sha256(array) for key, array in arrays.items()}
    return Dataset(name, train, validation, test, sums, source)


def other(name: str, data_dir: Path | None = None, *, seed: int = 0) -> Dataset | None:
    """The data set of the other kind of picture, if it is at hand; nothing is downloaded for it."""

    def not_downloaded(_: str, folder: Path) -> Path:
        raise DatasetUnavailable(f"{folder} is not at hand")

    try:
        return load(CATALOGUE[name].other, data_dir, seed=seed, fetch=not_downloaded)
    except (CorruptDataset, DatasetUnavailable):
        return None


def _bundled() -> tuple[sources.Arrays, str]:
    return digits.arrays(), "bundled with scikit-learn"


def _find(
    name: str, data_dir: Path | None, environ: Mapping[str, str], fetch: Fetch | None
) -> tuple[sources.Arrays, str]:
    places = sources.places(data_dir, environ)
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
    from training.datasets.download import download  # an HTTP client is loaded only when it is needed

    return download(CATALOGUE[name], folder)


def _nowhere(name: str, places: list[sources.Place], mirrors: str) -> str:
    tried = "\n".join(f"  {place.path} ({place.why})" for place in places)
    return (
        f"{name} is in none of these places:\n{tried}\nand could not be downloaded: {mirrors}\n"
        f"Put its four IDX files (plain or .gz) into DIR/{name} and pass --data-dir DIR, "
        "or train on the bundled --dataset digits, which needs no network."
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


def _hold_out(whole: Split, part: float, seed: int) -> tuple[Split, Split]:
    order = np.random.default_rng([seed, len(whole)]).permutation(len(whole))
    held = max(1, round(len(whole) * part))
    return whole.at(np.sort(order[held:])), whole.at(np.sort(order[:held]))


def _sha256(array: NDArray[np.uint8]) -> str:
    return hashlib.sha256(idx.encode(array)).hexdigest()
