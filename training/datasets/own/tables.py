"""Own pictures in CSV files as on Kaggle: each row has a label and the pixels of a picture."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.own import arrays
from training.datasets.own.found import TEST, TRAIN, VALIDATION, Found, labels_in
from training.errors import BadDataset

_WORDS = {TEST: "test", VALIDATION: "val", TRAIN: "train"}
_FEWEST_COLUMNS = 1 + 8 * 8
_LABEL = {"label", "class"}
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*,(.*)')


def read(path: Path) -> Found:
    """Read a file, or the ``*train*.csv``, ``*val*.csv`` and ``*test*.csv`` of a folder.

    Raises:
        BadDataset: if a table has another form.
    """
    folder = path if path.is_dir() else path.parent
    files = _in_folder(path) if path.is_dir() else {TRAIN: path}
    known, parts, notes = labels_in(folder), {}, []
    for part, file in files.items():
        table = _table(file)
        if table is None:
            notes.append(f"{file.name} has no column of labels and was skipped")
            continue
        labels, pixels = table
        numbers = (
            np.array([int(each) for each in labels]) if all(map(_is_number, labels)) else np.array(labels)
        )
        parts[part] = arrays.items(part, pixels, arrays.names(numbers, known, part))
    if TRAIN not in parts:
        raise BadDataset(f"{path.name} has no rows to train on; expected a CSV file with a column of labels")
    return Found(parts, known, tuple(notes))


def is_table(folder: Path) -> bool:
    """Return whether a folder contains CSV files, for training or without folders beside them."""
    names = [path.stem.lower() for path in folder.glob("*.csv")]
    return any("train" in name for name in names) or (
        bool(names) and not any(each.is_dir() and not each.name.startswith(".") for each in folder.iterdir())
    )


def _in_folder(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.csv")):
        part = next((part for part, word in _WORDS.items() if word in path.stem.lower()), None)
        if part is not None and part in found:
            raise BadDataset(f"{found[part].name} and {path.name} both look like the {part} part")
        if part is not None:
            found[part] = path
    return found


def _table(path: Path) -> tuple[list[str], NDArray[np.uint8]] | None:
    """Read labels and pixels, uint8 ``[N, pixels]``; None if the heading shows that there are no labels."""
    try:
        lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(f"{path.name} cannot be read as text: {error}") from error
    if not lines:
        raise BadDataset(f"{path.name} is empty")
    (first,), (rest,) = _divided(lines[:1])
    if not rest and re.search("[;\t]", first):
        raise BadDataset(f"{path.name}: its columns must be separated by commas")
    heading = [name.strip().strip('"').lower() for name in (first, *rest.split(","))]
    has_heading = heading[0] in _LABEL or not all(map(_is_value, heading[1:]))
    if has_heading and heading[0] not in _LABEL:
        if _LABEL & set(heading):
            raise BadDataset(f"{path.name}: the column of labels must come first")
        return None
    if len(heading) < _FEWEST_COLUMNS:
        raise BadDataset(f"{path.name} has {len(heading)} columns; expected a label and at least 64 pixels")
    labels, pixels = _divided(lines[1:] if has_heading else lines)
    return labels, _pixels(path, pixels, len(heading) - 1)


def _divided(rows: list[str]) -> tuple[list[str], list[str]]:
    """Divide each row into its label, which may be quoted and contain commas, and the rest."""
    labels, rests = [], []
    for row in rows:
        quoted = _QUOTED.match(row)
        label, _, rest = (
            row.partition(",") if quoted is None else (quoted[1].replace('""', '"'), "", quoted[2])
        )
        labels.append(label.strip())
        rests.append(rest)
    return labels, rests


def _pixels(path: Path, rows: list[str], columns: int) -> NDArray[np.uint8]:
    try:
        if not rows:
            return np.zeros((0, columns), np.uint8)
        pixels = np.loadtxt(rows, np.uint8, delimiter=",", quotechar='"', comments=None, ndmin=2)
        if any(row.count(",") != columns - 1 for row in rows):
            raise ValueError("rows of different lengths")
    except (ValueError, OverflowError) as error:
        raise BadDataset(
            f"{path.name}: expected a label and {columns} whole pixels from 0 to 255 in each row: {error}"
        ) from error
    return pixels


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,18}", text) is not None


def _is_value(text: str) -> bool:
    """Return whether a cell is a number of any kind, and so no heading."""
    try:
        float(text)
    except ValueError:
        return False
    return True
