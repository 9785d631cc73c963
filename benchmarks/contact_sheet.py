"""A sheet of pictures with a caption below each, for failures at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageOps

_GAP = 4

Tile = tuple[Image.Image, str]
"""A picture and the lines below it."""


def write(tiles: Sequence[Tile], path: Path, *, across: int, size: tuple[int, int], caption: int) -> None:
    """Draw tiles in rows and save them as PNG.

    Args:
        tiles: at least one; no picture is larger than ``size``.
        path: where the PNG goes.
        across: tiles in a row.
        size: width and height of a tile's picture, in pixels.
        caption: height of the text below it, in pixels.
    """
    width, height = size[0] + _GAP, size[1] + caption + _GAP
    rows = -(-len(tiles) // across)
    sheet = Image.new("RGB", (min(len(tiles), across) * width, rows * height), "navy")
    pen = ImageDraw.Draw(sheet)
    for place, (picture, text) in enumerate(tiles):
        x, y = place % across * width, place // across * height
        sheet.paste(picture, (x, y))
        pen.multiline_text((x, y + size[1]), text, fill="yellow", spacing=0)
    sheet.save(path)


def upright(source: Path | BinaryIO) -> Image.Image:
    """A picture turned as EXIF says, RGB, with white where it is transparent."""
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")
