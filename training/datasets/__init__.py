"""The data sets: named ones and the user's own, found, verified and split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.datasets.by_name import at_hand, load, other
from training.datasets.catalogue import CATALOGUE
from training.datasets.dataset import Dataset, Traits
from training.datasets.own import load as own
from training.datasets.own.extra import Extra, with_extra
from training.datasets.own.forms import name_of
from training.datasets.own.load import Asked
from training.datasets.split import Split

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


def is_path(dataset: str) -> bool:
    """Return whether this is the path of own pictures, not a name in the catalogue."""
    return bool(dataset) and dataset not in CATALOGUE and Path(dataset).exists()  # Path("") is this folder


def open_dataset(dataset: str, data_dir: Path | None, asked: Asked, extra: Extra | None = None) -> Dataset:
    """Read a data set by name or path.

    Args:
        dataset: a name in the catalogue, or the path of own pictures.
        data_dir: the folder to search for a named data set first.
        asked: how to read and split it; a named data set uses only split and seed.
        extra: corrections to train on as well.

    Raises:
        BadArgument: if there is no such data set, or no model can be trained on it.
        DatasetError: as ``load``.
    """
    found = _opened(dataset, data_dir, asked)
    return found if extra is None else with_extra(found, extra, asked.max_bad, asked.drop_duplicates)


def _opened(dataset: str, data_dir: Path | None, asked: Asked) -> Dataset:
    if not is_path(dataset):
        return load(dataset, data_dir, validation_split=asked.validation_split, seed=asked.seed)
    found = own.load(Path(dataset), asked)
    return _in_known_order(found, data_dir, asked) if found.kind else found


def _in_known_order(found: Dataset, data_dir: Path | None, asked: Asked) -> Dataset:
    """Return the same pictures in the order of the named data set, if that is available."""
    named = at_hand(found.kind, data_dir, asked.validation_split, asked.seed)
    if named is None or len(named.validation) != len(found.validation):
        return found
    return replace(named, name=found.name, source=found.source, notes=found.notes)
