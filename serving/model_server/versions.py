"""The versions of a model on disk: folders whose name is a number, leading zeros allowed."""

from __future__ import annotations

from pathlib import Path

_GREATEST = 2**63 - 1


def find(base_path: Path) -> dict[int, Path]:
    """The version folders under ``base_path``.

    Raises:
        OSError: when the folder cannot be read.
    """
    found: dict[int, Path] = {}
    for entry in base_path.iterdir():
        if entry.name.isascii() and entry.name.isdigit() and entry.is_dir() and int(entry.name) <= _GREATEST:
            found[int(entry.name)] = entry
    return found
