"""Contact sheets: pictures in rows, each with a caption, to see failures at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageDraw, ImageOps

_GAP = 4

Tile = tuple[Image.Image, str]
"""A picture and its caption."""


def write(tiles: Sequence[Tile], path: Path, *, across: int, size: tuple[int, int], caption: int) -> int:
    """Draw tiles in rows and save them as PNG; write nothing without tiles.

    Args:
        tiles: the tiles; no picture is larger than ``size``.
        path: path of the PNG file.
        across: tiles per row.
        size: width and height of a tile's picture, in pixels.
        caption: height of the caption, in pixels.

    Returns:
        The number of tiles.
    """
    if not tiles:
        return 0
    width, height = size[0] + _GAP, size[1] + caption + _GAP
    rows = -(-len(tiles) // across)
    sheet = Image.new("RGB", (min(len(tiles), across) * width, rows * height), "navy")
    pen = ImageDraw.Draw(sheet)
    for place, (picture, text) in enumerate(tiles):
        x, y = place % across * width, place // across * height
        sheet.paste(picture, (x, y))
        pen.multiline_text((x, y + size[1]), text, fill="yellow", spacing=0)
    sheet.save(path)
    return len(tiles)


def upright(source: Path | BinaryIO) -> Image.Image:
    """Open a picture, turned upright by its EXIF orientation, as RGB over white."""
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return paper.convert("RGB")
