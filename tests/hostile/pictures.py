"""Sound pictures in every accepted format, for others to spoil."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIC", "AVIF")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def drawing(mode: str = "L", width: int = 48, height: int = 48) -> Image.Image:
    """A dark stroke on light ground."""
    image = Image.new("L", (width, height), 235)
    ImageDraw.Draw(image).line(
        [(width * 0.3, height * 0.2), (width * 0.7, height * 0.2), (width * 0.45, height * 0.8)],
        fill=20,
        width=max(1, min(width, height) // 10),
    )
    return image.convert(mode)


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:  # noqa: ANN401 - as Pillow takes them
    """An image as the bytes of a file."""
    out = BytesIO()
    if name == "HEIC":
        from pillow_heif import from_pillow

        from_pillow(image.convert("RGB")).save(out, quality=50)
    else:
        image.save(out, name, **options)
    return out.getvalue()


@cache
def sound(name: str, mode: str = "RGB") -> bytes:
    """A small sound picture of a format."""
    return encoded(drawing("P" if name == "GIF" else mode), name)


@cache
def variety() -> tuple[bytes, ...]:
    """Small sound pictures of all formats, in the modes and compressions that take other ways to decode."""
    found = [sound(name) for name in FORMATS]
    found += [encoded(drawing(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGBA")]
    found += [encoded(drawing(mode), "TIFF") for mode in ("1", "I", "F", "CMYK", "LAB")]
    packed = ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")
    found += [encoded(drawing("RGB"), "TIFF", compression=each) for each in packed]
    found += [encoded(drawing("1"), "TIFF", compression="group4")]
    found += [encoded(drawing("L"), "JPEG", progressive=True), encoded(drawing("CMYK"), "JPEG")]
    found += [encoded(drawing("RGBA"), "WEBP", lossless=True), encoded(drawing("1"), "BMP")]
    return tuple(found)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, colour: int = 0, depth: int = 8) -> bytes:
    """A PNG's signature and header."""
    content = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG_SIGNATURE + png_chunk(b"IHDR", content)


def after_png_header(*chunks: bytes) -> bytes:
    """The sound PNG with chunks put behind its header."""
    whole = sound("PNG")
    at = len(PNG_SIGNATURE) + 25
    return whole[:at] + b"".join(chunks) + whole[at:]


def after_jpeg_start(*segments: bytes) -> bytes:
    """The sound JPEG with segments put behind its first marker."""
    whole = sound("JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """One segment of a JPEG with its length."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
