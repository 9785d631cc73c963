"""Own pictures in IDX files whose names contain train or test, such as EMNIST or Kuzushiji-MNIST."""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets import idx
from training.datasets.own import arrays
from training.datasets.own.found import TEST, TRAIN, VALIDATION, Found, labels_in
from training.errors import BadDataset, CorruptDataset

_IDX = re.compile(r"[.-](idx[13])-ubyte(\.gz)?\Z")
_WORDS = {TEST: ("t10k", "test"), VALIDATION: ("valid", "val"), TRAIN: ("train",)}
_MAPPING = re.compile(r"mapping.*\.txt\Z")


def is_idx(folder: Path) -> bool:
    """Return whether a folder contains IDX files."""
    return any(_IDX.search(path.name) for path in folder.iterdir())


def read(folder: Path) -> Found:
    """Read every pair of files. ``labels.txt``, or EMNIST's mapping file, names the classes.

    EMNIST stores its pictures transposed (Cohen et al. 2017), so files whose names begin with ``emnist`` are
    transposed back.

    Raises:
        BadDataset: if a file is missing or unreadable, or the folder contains several data sets.
    """
    images, labels = _files(folder, "idx3"), _files(folder, "idx1")
    if TRAIN not in images or set(images) != set(labels):
        raise BadDataset(
            f"the folder has IDX pictures for {', '.join(images) or 'nothing'} and labels for "
            f"{', '.join(labels) or 'nothing'}; expected both for train, and for test or neither"
        )
    known = labels_in(folder)
    mapping = _mapping(folder) if known is None else {}
    parts = {}
    for part, path in images.items():
        try:
            pixels, numbers = idx.read(path, 3), idx.read(labels[part], 1)
        except CorruptDataset as error:
            raise BadDataset(str(error).replace(f"{folder}/", "")) from error
        if path.name.startswith("emnist"):
            pixels = pixels.transpose(0, 2, 1)
        named = [mapping.get(name, name) for name in arrays.names(numbers, known, part)]
        parts[part] = arrays.items(part, pixels, named)
    return Found(parts, known or (tuple(dict.fromkeys(mapping.values())) or None))


def _files(folder: Path, kind: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _IDX.search(path.name)
        if match is None or match[1] != kind:
            continue
        part = next(
            (part for part, words in _WORDS.items() if any(word in path.name for word in words)), None
        )
        if part is None:
            raise BadDataset(f"{path.name}: the name of an IDX file must contain train, valid, test or t10k")
        if part in found and path.name.removesuffix(".gz") != found[part].name.removesuffix(".gz"):
            raise BadDataset(f"{found[part].name} and {path.name}: put each data set into its own folder")
        found.setdefault(part, path)
    return found


def _mapping(folder: Path) -> dict[str, str]:
    """Read EMNIST's mapping file: a line per label, with its number and the codes of its characters."""
    for path in sorted(folder.iterdir()):
        if _MAPPING.search(path.name):
            try:
                rows = [
                    line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
                ]
                return {str(int(row[0])): chr(int(row[1])) for row in rows}
            except (ValueError, IndexError, OverflowError) as error:
                raise BadDataset(f"{path.name}: expected lines of numbers, such as '1 65 97'") from error
    return {}
