"""Small files of large pictures: more pixels than are allowed, and as many as are, packed into nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from tests.hostile.case import Case
from tests.hostile.pictures import (
    FORMATS,
    after_png_header,
    encoded,
    png_chunk,
    png_header,
    sound,
)

SIDE = 5_000
"""Twenty-five million pixels: all that is allowed by default."""


def cases() -> Iterator[Case]:
    """Bombs of every format."""
    yield from stated()
    yield from (Case(f"packed {name}", packed(name)) for name in FORMATS)
    yield Case("packed PNG, 16 bits, alpha", packed_png(SIDE, colour=6, depth=16))
    yield Case("packed BMP, run lengths that end at once", _rle_bmp(SIDE, b"\x00\x01"))
    yield Case(
        "packed BMP, run lengths", _rle_bmp(SIDE, (b"\xff\x07" * 20 + b"\x00\x00") * SIDE + b"\x00\x01")
    )
    inflated = zlib.compress(bytes(50_000_000), 9)
    yield Case("PNG text bomb", after_png_header(png_chunk(b"zTXt", b"a\0\0" + inflated)))
    yield Case("PNG profile bomb", after_png_header(png_chunk(b"iCCP", b"a\0\0" + inflated)))
    yield Case("PNG with 50 MB behind its last row", _png_beyond_its_end(inflated))


def stated() -> Iterator[Case]:
    """Sizes that only the header states."""
    for side in (5_001, 20_000, 65_535, 2**31 - 1):
        yield Case(
            f"stated PNG {side}", png_header(side, side) + png_chunk(b"IDAT", zlib.compress(bytes(64)))
        )
        yield Case(f"stated BMP {side}", _patched("BMP", 18, "<ii", side, side))
        yield Case(f"stated BMP upside down {side}", _patched("BMP", 18, "<ii", side, -side))
        yield Case(f"stated TIFF {side}", _tiff_of(side))
        yield Case(f"stated HEIC {side}", _heic_of(side))
    for side in (5_001, 16_383, 65_535):
        short = min(side, 65_535)
        yield Case(f"stated GIF {short}", _patched("GIF", 6, "<HH", short, short))
        yield Case(f"stated JPEG {short}", _jpeg_of(short))
    yield Case("stated WebP", b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f\xff\xff\xff\x0f" + bytes(12))
    yield Case("stated WebP canvas", b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff" * 6)


@cache
def packed(name: str) -> bytes:
    """A picture of one colour, as large as is allowed."""
    if name == "BMP":
        return _rle_bmp(SIDE, b"\x00\x01")
    if name == "PNG":
        return packed_png(SIDE)
    options: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True, "method": 0},
        "TIFF": {"compression": "tiff_deflate"},
        "JPEG": {"progressive": True},
    }
    mode = "L" if name in ("GIF", "JPEG") else "RGB"
    return encoded(Image.new(mode, (SIDE, SIDE), 7), name, **options.get(name, {}))


def packed_png(side: int, colour: int = 2, depth: int = 8) -> bytes:
    """A PNG of one colour, written without ever holding its pixels."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    packer = zlib.compressobj(9)
    row = bytes(1 + side * channels * depth // 8)
    rows = b"".join([packer.compress(row) for _ in range(side)]) + packer.flush()
    return png_header(side, side, colour, depth) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def _rle_bmp(side: int, runs: bytes) -> bytes:
    palette = b"".join(bytes([tone, tone, tone, 0]) for tone in range(256))
    start = 14 + 40 + len(palette)
    head = struct.pack("<2sIHHI", b"BM", start + len(runs), 0, 0, start)
    return (
        head + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(runs), 0, 0, 256, 0) + palette + runs
    )


def _png_beyond_its_end(inflated: bytes) -> bytes:
    return png_header(8, 8) + png_chunk(b"IDAT", inflated) + png_chunk(b"IEND", b"")


def _patched(name: str, at: int, layout: str, *numbers: int) -> bytes:
    whole = bytearray(sound(name))
    struct.pack_into(layout, whole, at, *numbers)
    return bytes(whole)


def _jpeg_of(side: int) -> bytes:
    whole = bytearray(sound("JPEG"))
    frame = whole.index(b"\xff\xc0")
    struct.pack_into(">HH", whole, frame + 5, side, side)
    return bytes(whole)


def _heic_of(side: int) -> bytes:
    whole = bytearray(sound("HEIC"))
    struct.pack_into(">II", whole, whole.index(b"ispe") + 8, side, side)
    return bytes(whole)


def _tiff_of(side: int) -> bytes:
    """A TIFF whose two tags of its size say ``side``."""
    whole = BytesIO(sound("TIFF")).getbuffer()
    (at,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", whole, entry)
        if tag in (256, 257):
            struct.pack_into("<HII", whole, entry + 2, 4, 1, side)
    return bytes(whole)
