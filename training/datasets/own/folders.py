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
    percent-encoded (``T-shirt%2Ftop``). Names that begin with a dot are ignored. The pictures of a part are
    sorted by name, all classes together.

    Raises:
        BadDataset: if ``labels.txt`` does not name a class folder, or two folders are the same part.
    """
    parts = _parts(folder) or {TRAIN: folder}
    labels = labels_in(folder)
    found = {part: _items(folder, place, labels) for part, place in parts.items()}
    notes = [f"{path.name} is in no class folder and was left out" for path in _stray(parts)]
    return Found(found, labels, tuple(notes))


def _parts(folder: Path) -> dict[str, Path]:
    """Find the folders of the parts; a folder without subfolders is a class with the name of a part."""
    found: dict[str, Path] = {}
    for part, names in _NAMES.items():
        there = [folder / name for name in names if (folder / name).is_dir()]
        there = [path for path in there if any(child.is_dir() for child in path.iterdir())]
        if len(there) > 1:
            raise BadDataset(f"{there[0].name} and {there[1].name} both look like the {part} part")
        if there:
            found[part] = there[0]
    return found


def _items(root: Path, place: Path, labels: tuple[str, ...] | None) -> list[Item]:
    classes = sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = {path: unquote(path.name) for path in classes}
    if labels is not None and (unknown := sorted(set(names.values()) - set(labels))):
        raise BadDataset(f"{LABELS_FILE} does not name the class folder {unknown[0]!r}")
    items = [
        Item(str(path.relative_to(root)), label, path)
        for folder, label in names.items()
        for path in folder.rglob("*")
        if path.is_file() and not any(piece.startswith(".") for piece in path.relative_to(place).parts)
    ]
    return sorted(items, key=lambda item: (natural(Path(item.name).stem), item.name))


def _stray(parts: dict[str, Path]) -> list[Path]:
    """Find the files that are in no class folder."""
    return [
        path
        for place in parts.values()
        for path in sorted(place.iterdir())
        if path.is_file() and path.name != LABELS_FILE and not path.name.startswith(".")
    ]
