"""The pictures of a folder or file, before any of them is decoded."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.errors import BadDataset

TRAIN, VALIDATION, TEST = "train", "validation", "test"
LABELS_FILE = "labels.txt"


@dataclass(frozen=True)
class Item:
    """A picture that was found.

    Attributes:
        name: its place in the data set, such as ``train/alpha/03.png`` or ``train row 7``.
        label: name of its class.
        source: its file, or its pixels: uint8 ``[H, W]`` or ``[H, W, 3]``.
    """

    name: str
    label: str
    source: Path | NDArray[np.uint8]

    def content(self) -> bytes:
        """Return the bytes of the file, or the pixels as PNG.

        Raises:
            OSError: if the file cannot be read.
        """
        if isinstance(self.source, Path):
            return self.source.read_bytes()
        buffer = io.BytesIO()
        Image.fromarray(self.source).save(buffer, "PNG", compress_level=0)
        return buffer.getvalue()


@dataclass(frozen=True)
class Found:
    """A data set that was found.

    Attributes:
        parts: the pictures of ``train`` and, if they exist, of ``validation`` and ``test``.
        labels: the class names in order, if the data set has them.
        notes: remarks on what was left out, as sentences without the full stop.
    """

    parts: Mapping[str, Sequence[Item]]
    labels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


def labels_in(folder: Path) -> tuple[str, ...] | None:
    """Read the class names in a folder's ``labels.txt``, one per line; None without that file.

    Raises:
        BadDataset: if the file is empty, not UTF-8, or names a class twice.
    """
    path = folder / LABELS_FILE
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()  # Windows editors write a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(f"{LABELS_FILE} cannot be read as UTF-8 text: {error}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) != len(names) or not names:
        raise BadDataset(f"{LABELS_FILE} must name each class once, one name on each line")
    return names


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """Return a sort key that orders numbers inside names by value: ``9`` before ``10``."""
    pieces = re.split(r"(\d+)", text)
    return tuple((0, int(piece)) if piece.isdecimal() else (1, piece) for piece in pieces if piece)
