"""Contact sheet of wrong readings: each picture with the boxes found and the text read."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks import contact_sheet
from benchmarks.numbers.answers import Answer

_TILE = 320


def write_contact_sheet(answers: Sequence[Answer], path: Path) -> int:
    """Draw the wrong answers into a PNG file; returns their number, and writes nothing if it is 0."""
    tiles = [(_drawn(answer), _caption(answer)) for answer in answers if not answer.right]
    return contact_sheet.write(tiles, path, across=4, size=(_TILE, _TILE), caption=34)


def _caption(answer: Answer) -> str:
    expected, found = (text.replace("\n", "/") for text in (answer.number.text, answer.text))
    return f"{answer.number.name[:40]}\n{expected} ->\n{found or '-'} {answer.status}"


def _drawn(answer: Answer) -> Image.Image:
    """Draw the boxes into the picture, no larger than a tile."""
    small = contact_sheet.upright(BytesIO(answer.number.file))
    full = small.width
    small.thumbnail((_TILE, _TILE))
    scale, pen = small.width / full, ImageDraw.Draw(small)
    for left, top, width, height, label in answer.boxes:
        corner = left * scale, top * scale
        pen.rectangle((*corner, (left + width) * scale, (top + height) * scale), outline="red")
        pen.text((corner[0] + 1, max(0.0, corner[1] - 10)), label, fill="blue")
    return small
