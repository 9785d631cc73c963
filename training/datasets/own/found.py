"""What a folder or file of pictures holds, before any picture is looked at."""

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
    """One picture as it was found.

    Attributes:
        name: where it lies in the data set, such as ``train/alpha/03.png`` or ``train row 7``.
        label: its class.
        source: a file to read, or pixels: uint8 ``[H, W]`` or ``[H, W, 3]``.
    """

    name: str
    label: str
    source: Path | NDArray[np.uint8]

    def content(self) -> bytes:
        """The picture as a file's bytes.

        Raises:
            OSError: for a file that cannot be read.
        """
        if isinstance(self.source, Path):
            return self.source.read_bytes()
        buffer = io.BytesIO()
        Image.fromarray(self.source).save(buffer, "PNG", compress_level=0)
        return buffer.getvalue()


@dataclass(frozen=True)
class Found:
    """A data set as it was found.

    Attributes:
        parts: the pictures of ``train`` and, where they are given, of ``validation`` and ``test``.
        labels: the class names in their order, where the data set says it.
        notes: what was left out, as sentences.
    """

    parts: Mapping[str, Sequence[Item]]
    labels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


def labels_in(folder: Path) -> tuple[str, ...] | None:
    """The class names in a folder's ``labels.txt``, one a line; None without that file.

    Raises:
        BadDataset: for one that is empty, not UTF-8, or names a class twice.
    """
    path = folder / LABELS_FILE
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset(f"{LABELS_FILE} cannot be read as UTF-8 text: {error}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(set(names)) != len(names) or not names:
        raise BadDataset(f"{LABELS_FILE} must name each class once, one name on each line")
    return names


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts numbers inside names by their value: ``9`` before ``10``."""
    pieces = re.split(r"(\d+)", text)
    return tuple((0, int(piece)) if piece.isdecimal() else (1, piece) for piece in pieces if piece)
