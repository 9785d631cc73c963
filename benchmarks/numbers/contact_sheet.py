"""The failures at a glance: each picture with the boxes that were found and what was read."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from benchmarks.numbers.answers import Answer

_ACROSS = 4
_TILE = 320
_CAPTION = 34


def write_contact_sheet(answers: Sequence[Answer], path: Path) -> int:
    """Draw the wrong answers.

    Args:
        answers: all answers; the right ones are left out.
        path: where the PNG goes.

    Returns:
        How many were wrong; with none no sheet is written.
    """
    wrong = [answer for answer in answers if not answer.right]
    if not wrong:
        return 0
    rows = -(-len(wrong) // _ACROSS)
    height = _TILE + _CAPTION
    sheet = Image.new("RGB", (min(len(wrong), _ACROSS) * (_TILE + 4), rows * (height + 4)), "navy")
    pen = ImageDraw.Draw(sheet)
    for place, answer in enumerate(wrong):
        x, y = place % _ACROSS * (_TILE + 4), place // _ACROSS * (height + 4)
        sheet.paste(_drawn(answer), (x, y))
        expected, found = (text.replace("\n", "/") for text in (answer.number.text, answer.text))
        caption = f"{answer.number.name[:40]}\n{expected} ->\n{found or '-'} {answer.status}"
        pen.multiline_text((x, y + _TILE), caption, fill="yellow", spacing=0)
    sheet.save(path)
    return len(wrong)


def _drawn(answer: Answer) -> Image.Image:
    """The picture with its boxes, no larger than a tile."""
    with Image.open(BytesIO(answer.number.file)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    small = paper.convert("RGB")
    small.thumbnail((_TILE, _TILE))
    scale, pen = small.width / image.width, ImageDraw.Draw(small)
    for left, top, width, height, label in answer.boxes:
        corner = left * scale, top * scale
        pen.rectangle((*corner, (left + width) * scale, (top + height) * scale), outline="red")
        pen.text((corner[0] + 1, max(0.0, corner[1] - 10)), label, fill="blue")
    return small
