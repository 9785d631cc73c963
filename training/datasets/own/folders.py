"""Own pictures in one folder per class, optionally below ``train``, ``validation`` and ``test``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from training.datasets.own.found import LABELS_FILE, TEST, TRAIN, VALIDATION, Found, Item, labels_in, natural
from training.errors import BadDataset

_NAMES = {
    TRAIN: ("train", "training"),
    VALIDATION: ("validation", "valid", "val"),
    TEST: ("test", "testing"),
}


def read(folder: Path) -> Found:
    """Find all pictures of a folder.

    Class folders are named after their labels. Characters that a folder name cannot contain are
    percent-encoded (``T-shirt%2Ftop``). Names that begin with a dot are ignored. The parts' names may be in
    capitals. The pictures of a part are sorted by name, all classes together.

    Raises:
        BadDataset: if ``labels.txt`` does not name a class folder, or two folders are the same part, or there
            are parts but no training part.
    """
    parts = _parts(folder) or {TRAIN: folder}
    if TRAIN not in parts:
        raise BadDataset(f"{folder.name} has the part {', '.join(parts)}, but no folder {TRAIN} to train on")
    labels = labels_in(folder)
    found = {part: _items(folder, place, labels) for part, place in parts.items()}
    notes = [f"{path.name} is in no class folder and was left out" for path in _stray(parts)]
    notes += [f"the class folder {name} holds no pictures and was left out" for name in _empty(parts, found)]
    notes += [f"the folder {name} is not in {TRAIN} and was left out" for name in _beside(folder, parts)]
    return Found(found, labels, tuple(notes))


def _parts(folder: Path) -> dict[str, Path]:
    """Find the folders of the parts; a folder without subfolders is a class with the name of a part."""
    found: dict[str, Path] = {}
    for part, names in _NAMES.items():
        there = [path for path in _folders(folder) if path.name.lower() in names]
        there = [path for path in there if any(child.is_dir() for child in path.iterdir())]
        if len(there) > 1:
            raise BadDataset(f"{there[0].name} and {there[1].name} both look like the {part} part")
        if there:
            found[part] = there[0]
    return found


def _items(root: Path, place: Path, labels: tuple[str, ...] | None) -> list[Item]:
    names = {path: unquote(path.name) for path in _folders(place)}
    if labels is not None and (unknown := sorted(set(names.values()) - set(labels))):
        raise BadDataset(f"{LABELS_FILE} does not name the class folder {unknown[0]!r}")
    items = [
        Item(str(path.relative_to(root)), label, path)
        for folder, label in names.items()
        for path in folder.rglob("*")
        if path.is_file() and not any(piece.startswith(".") for piece in path.relative_to(place).parts)
    ]
    return sorted(items, key=lambda item: (natural(Path(item.name).stem), item.name))


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _empty(parts: dict[str, Path], found: dict[str, list[Item]]) -> list[str]:
    """Name the class folders without pictures in any part; an unreadable folder looks the same."""
    labels = {item.label for items in found.values() for item in items}
    names = {path.name for place in parts.values() for path in _folders(place)}
    return sorted(name for name in names if unquote(name) not in labels) if labels else []


def _beside(folder: Path, parts: dict[str, Path]) -> list[str]:
    """Name the folders beside those of the parts; none if the data set is not divided into parts."""
    if folder in parts.values():
        return []
    return [path.name for path in _folders(folder) if path not in parts.values()]


def _stray(parts: dict[str, Path]) -> list[Path]:
    """Find the files that are in no class folder."""
    return [
        path
        for place in parts.values()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != LABELS_FILE and not path.name.startswith(".")
    ]
