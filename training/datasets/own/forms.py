"""Recognition of the form that the pictures at a path have."""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets.own import archives, folders, idx_folders, tables
from training.datasets.own.found import TRAIN, Found
from training.errors import BadDataset


def find(path: Path) -> Found:
    """Find the pictures at a path, in any supported form.

    Raises:
        BadDataset: if there are no pictures in a supported form.
    """
    try:
        if path.suffix == ".npz":
            return archives.read(path)
        if path.suffix == ".csv":
            return tables.read(path)
        if not path.is_dir():
            raise BadDataset(f"{path.name} is neither a folder nor an .npz or .csv file")
        if idx_folders.is_idx(path):
            return idx_folders.read(path)
        found = tables.read(path) if tables.is_table(path) else folders.read(path)
    except OSError as error:
        raise BadDataset(f"{error.filename or path}: {error.strerror or error}") from error
    if not found.parts.get(TRAIN):
        raise BadDataset(
            f"{path.name} contains no pictures; expected a folder for each class, IDX files or a CSV file"
        )
    return found


def name_of(path: Path) -> str:
    """Derive the name of a data set from its path, valid as the name of a model."""
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.resolve().stem).strip("_.-")
    return f"set_{stem}" if stem.isdigit() or not stem else stem
