"""The versions of a model on disk: folders named by a number, even with leading zeros or a minus sign."""

from __future__ import annotations

import re
from pathlib import Path

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def find(base_path: Path) -> dict[int, Path]:
    """The version folders under ``base_path``.

    Raises:
        OSError: the folder cannot be read.
    """
    found: dict[int, Path] = {}
    for entry in base_path.iterdir():
        if _NUMBER.fullmatch(entry.name) and entry.is_dir():
            found[int(entry.name)] = entry
    return found
