"""Small pictures for people: the caller's picture as an image, and pictures drawn with characters."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from client.errors import SourceError
from client.results import Reading
from client.sources import Source, load

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_SIDE = 4096
READING_COLUMNS = 96
BOX_COLOUR = (37, 99, 235)
BOX_GREY = 128
_SHADES = " .:-=+*#%@"
_INDENT = "    "


def thumbnail(source: Source, pixels: int) -> tuple[Image, float]:
    """The caller's picture, upright, in RGB, with no side longer than ``pixels``.

    Returns:
        The image, and its size as a fraction of the original.

    Raises:
        SourceError: Pillow cannot read it, or it no longer exists.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        data = b"".join(load(source).blocks())
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        widest = max(image.size)
        image.thumbnail((pixels, pixels))
        rgb = Image.new("RGB", image.size, "white")
        layer = image.convert("RGBA")
        rgb.paste(layer, mask=layer.getchannel("A"))
    except UnidentifiedImageError as error:
        raise SourceError("the picture cannot be shown: it has no format that Pillow can read.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SourceError(f"the picture cannot be shown: {error}.") from error
    return rgb, max(rgb.size) / widest


def boxed(reading: Reading, pixels: int) -> Image:
    """The picture of a reading as a thumbnail, with a box around each mark; raises as ``thumbnail`` does."""
    from PIL import ImageDraw

    image, scale = thumbnail(reading.source, pixels)
    pen = ImageDraw.Draw(image)
    for mark in reading.marks:
        pen.rectangle(_scaled(mark.box, scale), outline=BOX_COLOUR)
    return image


def draw(png: bytes, colour: bool) -> list[str]:
    """Draw a picture with characters, two rows of pixels per line of text.

    Args:
        png: 8-bit grey.
        colour: whether the terminal supports colours. With colours, each character shows two pixels in their
            own greys; without, it shows their mean as a darker or lighter character.

    Raises:
        ValueError: ``png`` is not an 8-bit grey PNG.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.mode != "L" or max(image.size) > LARGEST_SIDE:
                raise ValueError("not a plain 8-bit grey PNG")
            return list(_lines(image, colour, {}))
    except UnidentifiedImageError as error:
        raise ValueError("not a PNG") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"a damaged PNG: {error}") from error


def draw_reading(reading: Reading, colour: bool) -> list[str]:
    """Draw the picture of a reading in grey, with a box around each mark and its label on the box.

    Raises:
        SourceError: Pillow cannot read the picture, or it no longer exists.
    """
    from PIL import ImageDraw

    image, scale = thumbnail(reading.source, READING_COLUMNS)
    grey = image.convert("L")
    pen, labels = ImageDraw.Draw(grey), {}
    for mark in reading.marks:
        left, top, right, bottom = _scaled(mark.box, scale)
        pen.rectangle((left, top, right, bottom), outline=BOX_GREY)
        labels[max(0, top // 2), left] = mark.label[:1]
    return list(_lines(grey, colour, labels))


def _scaled(box: tuple[int, int, int, int], scale: float) -> tuple[int, int, int, int]:
    """A mark's box as left, top, right and bottom of the smaller picture."""
    left, top, width, height = box
    return (
        round(left * scale),
        round(top * scale),
        round((left + width) * scale),
        round((top + height) * scale),
    )


def _lines(image: Image, colour: bool, labels: Mapping[tuple[int, int], str]) -> Iterator[str]:
    """Two rows of pixels per line; ``labels`` replace the characters at their row and column."""
    width, height = image.size
    pixels = image.tobytes()
    if height % 2:
        pixels += pixels[-width:]
    cell = _coloured if colour else _shaded
    for row in range((height + 1) // 2):
        upper, lower = (pixels[start : start + width] for start in (2 * row * width, (2 * row + 1) * width))
        pairs = enumerate(zip(upper, lower, strict=True))
        line = "".join(labels.get((row, column)) or cell(*pair) for column, pair in pairs)
        yield _INDENT + (f"{line}\x1b[0m" if colour else line.rstrip())


def _coloured(upper: int, lower: int) -> str:
    return f"\x1b[38;5;{_grey(upper)};48;5;{_grey(lower)}m▀"


def _grey(value: int) -> int:
    """The nearest of the 24 greys of a 256-colour terminal."""
    return 232 + value * 23 // 255


def _shaded(upper: int, lower: int) -> str:
    return _SHADES[(upper + lower) * (len(_SHADES) - 1) // 510]
