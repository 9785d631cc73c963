"""Pictures of no pixels, of one, and of one row."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.hostile.case import Case
from tests.hostile.pictures import FORMATS, encoded, png_chunk, png_header, sound

LONG = 60_000


def cases() -> Iterator[Case]:
    """All of them."""
    for width, height in ((0, 0), (0, 5), (5, 0)):
        rows = png_chunk(b"IDAT", zlib.compress(bytes(64))) + png_chunk(b"IEND", b"")
        yield Case(f"PNG {width} x {height}", png_header(width, height) + rows)
        for name, at, layout in (("GIF", 6, "<HH"), ("BMP", 18, "<ii")):
            whole = bytearray(sound(name))
            struct.pack_into(layout, whole, at, width, height)
            yield Case(f"{name} {width} x {height}", bytes(whole))
        whole = bytearray(sound("JPEG"))
        struct.pack_into(">HH", whole, whole.index(b"\xff\xc0") + 5, height, width)
        yield Case(f"JPEG {width} x {height}", bytes(whole))
    for name in FORMATS:
        yield Case(f"{name} 1 x 1", encoded(Image.new("L", (1, 1)), name))
        yield Case(f"{name} 2 x 1", encoded(_gradient(2, 1), name))
        longest = {"WEBP": 16_383, "HEIC": 8_000, "AVIF": 8_000}.get(name, LONG)
        shortest = 64 if name in ("HEIC", "AVIF") else 1
        yield Case(f"{name} {shortest} x {longest}", encoded(_gradient(shortest, longest), name))
        yield Case(f"{name} {longest} x {shortest}", encoded(_gradient(longest, shortest), name))


def _gradient(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height))
