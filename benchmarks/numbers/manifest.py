"""The set of numbers: a folder of pictures with a MANIFEST.tsv that has the text of each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

KINDS = ("photo", "drawn", "several lines", "lines or squares on the paper", "light on dark")
"""The kinds of pictures that the manifest distinguishes."""


@dataclass(frozen=True)
class Number:
    """A picture of a number.

    Attributes:
        name: name of the file.
        text: the number on it, with a line feed between lines.
        kinds: the kinds of ``KINDS`` that it belongs to.
        file: content of the file.
    """

    name: str
    text: str
    kinds: frozenset[str]
    file: bytes

    @property
    def digits(self) -> str:
        """The number, without line feeds."""
        return self.text.replace("\n", "")


def read_manifest(folder: Path) -> list[Number]:
    """Read MANIFEST.tsv and the pictures that it lists.

    Raises:
        FileNotFoundError: if the manifest or a picture is missing.
    """
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        return [
            Number(
                name=row["file"],
                text=row["digits"].replace("/", "\n"),
                kinds=kinds_of(row["note"], row["digits"]),
                file=(folder / row["file"]).read_bytes(),
            )
            for row in csv.DictReader(lines, delimiter="\t")
        ]


def kinds_of(note: str, digits: str) -> frozenset[str]:
    """Return the kinds of a picture, by the manifest's note and digits."""
    told = {
        "photo": note.startswith("photo"),
        "drawn": note.startswith("drawn"),
        "several lines": "/" in digits,
        "lines or squares on the paper": "lined paper" in note or "squared paper" in note,
        "light on dark": "white on black" in note or "chalk" in note,
    }
    return frozenset(kind for kind, applies in told.items() if applies)
