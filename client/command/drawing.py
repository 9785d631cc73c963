"""Small pictures, drawn with characters."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from client.thumbnails import scaled_box, shrunk

if TYPE_CHECKING:
    from PIL.Image import Image

    from client.results import Reading

LARGEST_SIDE = 4096
READING_COLUMNS = 96
BOX_GREY = 128
_SHADES = " .:-=+*#%@"
_INDENT = "    "


def draw(png: bytes, colour: bool) -> list[str]:
    """The picture as lines of text, two rows of pixels to a line.

    Args:
        png: 8-bit grey.
        colour: whether the terminal takes colours. With colours each character shows two pixels in their own
            greys; without, the mean of the two as a darker or lighter character.

    Raises:
        ValueError: it is no 8-bit grey PNG.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.mode != "L" or max(image.size) > LARGEST_SIDE:
                raise ValueError("not a plain 8-bit grey PNG")
            return list(_lines(image, colour, {}))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"a damaged PNG: {error}") from error


def draw_reading(reading: Reading, colour: bool) -> list[str]:
    """The picture of a reading in grey, with a box around each mark and its label on the box.

    Raises:
        SourceError: Pillow cannot read the picture, or it is not there any more.
    """
    from PIL import ImageDraw

    image, scale = shrunk(reading.source, READING_COLUMNS)
    grey = image.convert("L")
    pen, labels = ImageDraw.Draw(grey), {}
    for mark in (mark for line in reading.lines for mark in line.marks):
        left, top, right, bottom = scaled_box(mark.box, scale)
        pen.rectangle((left, top, right, bottom), outline=BOX_GREY)
        labels[max(0, top // 2), left] = mark.label[:1]
    return list(_lines(grey, colour, labels))


def _lines(image: Image, colour: bool, labels: Mapping[tuple[int, int], str]) -> Iterator[str]:
    """Two rows of pixels to a line; ``labels`` replace the characters at their row and column."""
    width, height = image.size
    pixels = image.tobytes()
    if height % 2:
        pixels += pixels[-width:]
    cell = _coloured if colour else _shaded
    for row in range((height + 1) // 2):
        upper, lower = (pixels[start : start + width] for start in (2 * row * width, (2 * row + 1) * width))
        cells = [
            labels.get((row, column)) or cell(*pair)
            for column, pair in enumerate(zip(upper, lower, strict=True))
        ]
        line = "".join(cells)
        yield _INDENT + (f"{line}\x1b[0m" if colour else line.rstrip())


def _coloured(upper: int, lower: int) -> str:
    return f"\x1b[38;5;{_grey(upper)};48;5;{_grey(lower)}m▀"


def _grey(value: int) -> int:
    """The nearest of the 24 greys of a 256-colour terminal."""
    return 232 + value * 23 // 255


def _shaded(upper: int, lower: int) -> str:
    return _SHADES[(upper + lower) * (len(_SHADES) - 1) // 510]
