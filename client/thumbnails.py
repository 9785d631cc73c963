"""The caller's pictures, small enough to show, with Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from client.errors import SourceError
from client.results import Reading
from client.sources import Source, load

if TYPE_CHECKING:
    from PIL.Image import Image

BOX_COLOUR = (37, 99, 235)


def upright(source: Source, pixels: int) -> Image:
    """The caller's picture, upright, in RGB, with no side longer than ``pixels``.

    Raises:
        SourceError: Pillow cannot read it, or it is not there any more.
    """
    return shrunk(source, pixels)[0]


def boxed(reading: Reading, pixels: int) -> Image:
    """As ``upright``, with a box around each mark of a reading."""
    from PIL import ImageDraw

    image, scale = shrunk(reading.source, pixels)
    pen = ImageDraw.Draw(image)
    for mark in (mark for line in reading.lines for mark in line.marks):
        pen.rectangle(scaled_box(mark.box, scale), outline=BOX_COLOUR)
    return image


def scaled_box(box: tuple[int, int, int, int], scale: float) -> tuple[int, int, int, int]:
    """A mark's box as left, top, right and bottom of a smaller picture."""
    left, top, width, height = box
    return (
        round(left * scale),
        round(top * scale),
        round((left + width) * scale),
        round((top + height) * scale),
    )


def shrunk(source: Source, pixels: int) -> tuple[Image, float]:
    """As ``upright``, with the scale by which the picture was made smaller."""
    from PIL import Image, ImageOps

    try:
        data = b"".join(load(source).blocks())
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        widest = max(image.size)
        image.thumbnail((pixels, pixels))
        rgb = Image.new("RGB", image.size, "white")
        layer = image.convert("RGBA")
        rgb.paste(layer, mask=layer.getchannel("A"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise SourceError(f"the picture cannot be shown: {error}.") from error
    return rgb, max(rgb.size) / widest
