"""The set of uploads: a folder of pictures with a MANIFEST.tsv that has the label of each."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

STYLES = {
    "digits": ("photo", "drawn", "light on dark", "small"),
    "fashion": ("photo", "white ground", "plain ground", "room", "worn"),
}
"""The styles of each kind of upload that the manifest's notes distinguish."""
_SMALL = 32


@dataclass(frozen=True)
class Upload:
    """An upload.

    Attributes:
        kind: ``digits`` or ``fashion``.
        label: its label in the manifest.
        note: how it was made.
        longest: its longer side, in pixels.
        path: path of the file.
    """

    kind: str
    label: str
    note: str
    longest: int
    path: Path

    @property
    def styles(self) -> frozenset[str]:
        """The styles of ``STYLES`` that it has, by its note and size."""
        styles = set()
        if "photo" in self.note or "scan" in self.note:
            styles.add("photo")
        if "drawn" in self.note:
            styles.add("drawn")
        if "white on" in self.note or "inverted by" in self.note:
            styles.add("light on dark")
        if self.longest <= _SMALL:
            styles.add("small")
        for ground, style in (("white", "white ground"), ("plain", "plain ground"), ("room", "room")):
            if f"background: {ground}" in self.note:
                styles.add(style)
        if "worn yes" in self.note or "worn by" in self.note:
            styles.add("worn")
        return frozenset(styles)


def read_manifest(folder: Path) -> list[Upload]:
    """Read MANIFEST.tsv.

    Raises:
        FileNotFoundError: if the folder has none.
    """
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        return [
            Upload(
                kind=row["kind"],
                label=row["label"],
                note=row["note"],
                longest=max(int(row["width"]), int(row["height"])),
                path=folder / row["file"],
            )
            for row in csv.DictReader(lines, delimiter="\t")
        ]


def same_label(one: str, other: str) -> bool:
    """Return whether two labels name the same class, such as ``t-shirt`` and ``T-shirt/top``."""
    return _plain(one) == _plain(other)


def _plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.split("/")[0].lower())
