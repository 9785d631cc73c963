"""Small pictures, drawn with characters."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_SIDE = 4096
_SHADES = " .:-=+*#%@"
_INDENT = "    "


def draw(png: bytes, colour: bool) -> str:
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
            return draw_grey(image, colour)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"a damaged PNG: {error}") from error


def draw_grey(image: Image, colour: bool) -> str:
    """As ``draw``, for a grey PIL image."""
    width, height = image.size
    pixels = image.tobytes()
    rows = [pixels[start : start + width] for start in range(0, width * height, width)]
    rows += [bytes(width)] * (height % 2)
    line = _coloured if colour else _shaded
    return "".join(_INDENT + line(*pair) + "\n" for pair in zip(rows[::2], rows[1::2], strict=True))


def _coloured(upper: bytes, lower: bytes) -> str:
    cells = (f"\x1b[38;5;{_grey(a)};48;5;{_grey(b)}m▀" for a, b in zip(upper, lower, strict=True))
    return "".join(cells) + "\x1b[0m"


def _grey(value: int) -> int:
    """The nearest of the 24 greys of a 256-colour terminal."""
    return 232 + value * 23 // 255


def _shaded(upper: bytes, lower: bytes) -> str:
    return "".join(
        _SHADES[(a + b) * (len(_SHADES) - 1) // 510] for a, b in zip(upper, lower, strict=True)
    ).rstrip()
