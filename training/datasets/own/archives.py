"""Own pictures in a NumPy archive with Keras's member names: x_train, y_train, x_test, y_test."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from training.datasets.own import arrays
from training.datasets.own.found import TEST, TRAIN, VALIDATION, Found, labels_in
from training.errors import BadDataset

# Of an encrypted or unusually compressed member, zipfile raises the third and fourth.
_UNREADABLE = (
    OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error
)  # fmt: skip
_OBJECTS = "it holds Python objects; write labels as numbers or text, such as numpy.array(labels, str)"
_SUFFIXES = {TRAIN: ("train",), VALIDATION: ("val", "valid", "validation"), TEST: ("test",)}


def read(path: Path) -> Found:
    """Read an archive. A member ``labels``, or ``labels.txt`` in the same folder, names the classes.

    Raises:
        BadDataset: if the file is no NumPy archive or lacks a member.
    """
    try:
        # Text labels may be stored as Python objects; unpickling them could run arbitrary code.
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, NpzFile):
            raise ValueError("it holds a single array; write it with numpy.savez")
        with stored:
            members = {name: stored[name] for name in stored.files}
    except _UNREADABLE as error:
        reason = _OBJECTS if str(error).startswith("Object arrays") else error
        raise BadDataset(f"{path.name} cannot be read as a NumPy archive: {reason}") from error
    labels = _labels(members) or labels_in(path.parent)
    parts = {}
    for part, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            if f"x_{suffix}" in members and f"y_{suffix}" in members:
                named = arrays.names(members[f"y_{suffix}"], labels, part)
                parts[part] = arrays.items(part, members[f"x_{suffix}"], named)
    if TRAIN not in parts:
        raise BadDataset(
            f"{path.name} has the members {', '.join(sorted(members)) or 'none'}; expected x_train and "
            "y_train, and x_test and y_test if there is a test set"
        )
    return Found(parts, labels)


def _labels(members: dict[str, NDArray[Any]]) -> tuple[str, ...] | None:
    if "labels" not in members:
        return None
    names = tuple(arrays.names(members["labels"].reshape(-1), None, "the member labels"))
    if len(set(names)) != len(names) or not names:
        raise BadDataset("the member labels must name each class once")
    return names
