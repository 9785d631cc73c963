"""Contact sheet of wrong answers: each upload above the pixels that the model got."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from benchmarks import contact_sheet
from benchmarks.uploads.answers import Answer

_TILE = 112


def write_contact_sheet(answers: Sequence[Answer], path: Path) -> int:
    """Draw the wrong answers into a PNG file; returns their number, and writes nothing if it is 0."""
    tiles = [(_drawn(answer), _caption(answer)) for answer in answers if not answer.right]
    return contact_sheet.write(tiles, path, across=10, size=(_TILE, 2 * _TILE), caption=28)


def _caption(answer: Answer) -> str:
    said = f"{answer.label} {answer.probability:.2f}" if answer.label else answer.status
    return f"{answer.upload.label} ->\n{said}"


def _drawn(answer: Answer) -> Image.Image:
    tile = Image.new("RGB", (_TILE, 2 * _TILE), "navy")
    small = contact_sheet.upright(answer.upload.path)
    small.thumbnail((_TILE, _TILE))
    tile.paste(small, (0, 0))
    if answer.seen is not None:
        with Image.open(BytesIO(answer.seen)) as seen:
            large = seen.convert("RGB").resize((_TILE, _TILE), Image.Resampling.NEAREST)
        tile.paste(large, (0, _TILE))
    return tile
