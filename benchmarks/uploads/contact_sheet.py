"""The failures at a glance: each upload above what the model saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from benchmarks.uploads.answers import Answer

_ACROSS = 10
_TILE = 112
_CAPTION = 28


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
    height = 2 * _TILE + _CAPTION
    sheet = Image.new("RGB", (min(len(wrong), _ACROSS) * (_TILE + 4), rows * (height + 4)), "navy")
    pen = ImageDraw.Draw(sheet)
    for place, answer in enumerate(wrong):
        x, y = place % _ACROSS * (_TILE + 4), place // _ACROSS * (height + 4)
        sheet.paste(_thumbnail(answer.upload.path), (x, y))
        if answer.seen is not None:
            with Image.open(BytesIO(answer.seen)) as seen:
                large = seen.convert("RGB").resize((_TILE, _TILE), Image.Resampling.NEAREST)
            sheet.paste(large, (x, y + _TILE))
        said = f"{answer.label} {answer.probability:.2f}" if answer.label else answer.status
        pen.multiline_text((x, y + 2 * _TILE), f"{answer.upload.label} ->\n{said}", fill="yellow", spacing=0)
    sheet.save(path)
    return len(wrong)


def _thumbnail(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    small = paper.convert("RGB")
    small.thumbnail((_TILE, _TILE))
    return small
