"""From the bytes of an upload to a ``Picture``: limits first, then only as much decoding as is needed.

Nothing larger than ``Limits`` is decoded at all. What is larger than recognition needs is made smaller
as early as its format allows: JPEG while decoding (a 12-megapixel photograph never exists in full), the
others right after.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from PIL import Image

from serving.errors import TooLarge, UnreadableImage
from serving.images.colour import to_picture
from serving.images.formats import open_image, sniff
from serving.images.picture import Limits, Picture

WORKING_PIXELS = 250_000
"""Pictures are worked on at no more than this many pixels: a digit 5 % as tall as a photograph still
has 25 rows."""
WORKING_SIDE = 4_000
"""No side is longer, however narrow the picture: filters as long as a mark would take for ever."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_AVERAGED_AS = {"1": "L", "P": "RGB", "PA": "RGBa", "RGBA": "RGBa", "LA": "La"}

# What Pillow and its libraries are known to raise on damaged or hostile bytes. Warnings are among them
# where the process turns them into errors.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    RuntimeError,
    MemoryError,
    struct.error,
    Warning,
)


Admit = Callable[[int], AbstractContextManager[None]]
"""Takes the number of pixels; the picture is decoded inside the block, or not at all if that raises."""


def decode(data: bytes, limits: Limits, admit: Admit = lambda _: nullcontext()) -> Picture:
    """Decode an uploaded picture.

    Args:
        data: the whole file.
        limits: see ``Limits``.
        admit: asked once the size is known and allowed; may wait.

    Returns:
        The first frame, upright, at most ``WORKING_PIXELS`` large.

    Raises:
        TooLarge: more bytes or pixels than allowed; nothing has been decoded.
        UnsupportedImage: not an accepted format.
        UnreadableImage: damaged, truncated, or not what its first bytes say.
    """
    if len(data) > limits.max_bytes:
        raise TooLarge(
            f"The file has {len(data):,} bytes; {limits.max_bytes:,} are allowed. Send a smaller one."
        )
    name = sniff(data)
    try:
        with open_image(data, name) as image:
            _check_size(image, limits)
            with admit(image.width * image.height):
                return _read(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(
            f"The picture has more than the {limits.max_pixels:,} pixels that are allowed."
        ) from error
    except _DAMAGE as error:
        raise UnreadableImage(
            f"The {name} file is damaged or cut off: save it again and resend it."
        ) from error


def _check_size(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise UnreadableImage("The picture has no pixels.")
    if width * height > limits.max_pixels:
        raise TooLarge(
            f"The picture is {width:,} x {height:,} pixels; {limits.max_pixels:,} in all are allowed."
            " Send a smaller one."
        )


def _read(image: Image.Image) -> Picture:
    """Decode, make smaller, turn upright, and convert."""
    full = image.size
    target = _working_size(full)
    if image.format == "JPEG" and target != full:
        image.draft(None, target)
    image.load()
    turn = _TURNS.get(_orientation(image))
    small = _shrink(image, target) if target != full else image
    steps = ["reduced"] if target != full else []
    if turn is not None:
        small = small.transpose(turn)
        steps.append("turned")
    return to_picture(small, tuple(steps))


def _working_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture is worked on: its own, or a smaller one in its proportions."""
    scale = min(math.sqrt(WORKING_PIXELS / (size[0] * size[1])), WORKING_SIDE / max(size))
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Average areas, in a mode in which averages make sense: colours weighed by their opacity."""
    if image.mode.startswith("I;"):
        return image.resize(size, Image.Resampling.NEAREST)
    if "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in _AVERAGED_AS:
        image = image.convert(_AVERAGED_AS[image.mode])
    return image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or it cannot be read."""
    if not image.info.get("exif") and image.format not in ("TIFF", "PNG", "WEBP"):
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _DAMAGE:
        return 1
