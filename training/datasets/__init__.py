"""The data sets: found or downloaded, verified, with a validation split held out of the training set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.contract import IMAGE_SIDE
from training.datasets import digits, idx, sources
from training.datasets.catalogue import CATALOGUE, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from training.datasets.dataset import Dataset, Traits
from training.datasets.own import known
from training.datasets.own import load as own
from training.datasets.own.extra import Extra, with_extra
from training.datasets.own.forms import name_of
from training.datasets.own.load import Asked
from training.datasets.split import Split
from training.errors import BadArgument, CorruptDataset, DatasetUnavailable

__all__ = [
    "CATALOGUE",
    "Asked",
    "Dataset",
    "Extra",
    "Split",
    "Traits",
    "is_path",
    "load",
    "name_of",
    "open_dataset",
    "other",
]

_COUNTS = {TRAIN_IMAGES: 60_000, TRAIN_LABELS: 60_000, TEST_IMAGES: 10_000, TEST_LABELS: 10_000}

Fetch = Callable[[str, Path], Path]


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
    train, validation = known.hold_out(whole, validation_split, seed)
    test = Split(arrays[TEST_IMAGES], arrays[TEST_LABELS])
    sums = CATALOGUE[name].sha256 or {key: _sha256(array) for key, array in arrays.items()}
    entry = CATALOGUE[name]
    return Dataset(name, train, validation, test, sums, source, entry.labels, entry.recipe, kind=name)


def is_path(dataset: str) -> bool:
    """Whether this is the path of somebody's own pictures and no name in the catalogue."""
    return dataset not in CATALOGUE and Path(dataset).exists()


def open_dataset(dataset: str, data_dir: Path | None, asked: Asked, extra: Extra | None = None) -> Dataset:
    """A data set by its name or its path.

    Args:
        dataset: a name in the catalogue, or the path of somebody's own pictures.
        data_dir: the first place to look for a named one.
        asked: how own pictures are to be taken; of a named one, how it is split.
        extra: corrections to train with beside it.

    Raises:
        BadArgument: for neither, or for pictures that no model can be trained on.
        DatasetError: as ``load``.
    """
    found = _opened(dataset, data_dir, asked)
    return found if extra is None else with_extra(found, extra, asked.max_bad)


def _opened(dataset: str, data_dir: Path | None, asked: Asked) -> Dataset:
    if not is_path(dataset):
        return load(dataset, data_dir, validation_split=asked.validation_split, seed=asked.seed)
    found = own.load(Path(dataset), asked)
    return _in_known_order(found, data_dir, asked) if found.kind else found


def _in_known_order(found: Dataset, data_dir: Path | None, asked: Asked) -> Dataset:
    """The same pictures in the order in which the named data set has them, where it is at hand."""
    named = _at_hand(found.kind, data_dir, asked.validation_split, asked.seed)
    if named is None or len(named.validation) != len(found.validation):
        return found
    return replace(named, name=found.name, source=found.source, notes=found.notes)


def other(name: str, data_dir: Path | None = None, *, seed: int = 0) -> Dataset | None:
    """The data set of the other kind of picture, if it is at hand; nothing is downloaded for it."""
    stranger = CATALOGUE[name].other
    return _at_hand(stranger, data_dir, 0.1, seed) if stranger else None


def _at_hand(name: str, data_dir: Path | None, validation_split: float, seed: int) -> Dataset | None:
    def not_downloaded(_: str, folder: Path) -> Path:
        raise DatasetUnavailable(f"{folder} is not at hand")

    try:
        return load(name, data_dir, validation_split=validation_split, seed=seed, fetch=not_downloaded)
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


def _sha256(array: NDArray[np.uint8]) -> str:
    return hashlib.sha256(idx.encode(array)).hexdigest()
