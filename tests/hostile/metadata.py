"""Pictures that are sound but for what is said about them: EXIF, profiles, XMP, tags."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.hostile.case import Case
from tests.hostile.pictures import (
    after_jpeg_start,
    after_png_header,
    drawing,
    encoded,
    jpeg_segment,
    png_chunk,
    sound,
)

ORIENTATION = 0x0112


def cases() -> Iterator[Case]:
    """All of them."""
    for name, exif in _exif():
        yield Case(f"JPEG, {name}", after_jpeg_start(jpeg_segment(0xE1, (b"Exif\0\0" + exif)[:65_000])))
        yield Case(f"PNG, {name}", after_png_header(png_chunk(b"eXIf", exif)))
        yield Case(f"WebP, {name}", encoded(drawing("RGB"), "WEBP", exif=exif))
    for name, profile in (("rubbish", b"profile" * 999), ("zeros", bytes(200_000)), ("one byte", b"x")):
        for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
            yield Case(f"{kind}, profile of {name}", encoded(drawing("RGB"), kind, icc_profile=profile))
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="' + b"9" * 50_000 + b'"/>'
    yield Case("JPEG, XMP", after_jpeg_start(jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)))
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
    yield Case("PNG, XMP", after_png_header(png_chunk(b"iTXt", text)))
    yield Case(
        "JPEG, several pictures in one", after_jpeg_start(jpeg_segment(0xE2, b"MPF\0" + _overlapping(50)))
    )
    yield Case("TIFF of 5,000 overlapping tags", _tiff(_overlapping(5_000, 4_000_000), 4_000_000))
    yield Case("TIFF whose directories go in a circle", _circle())


def _exif() -> Iterator[tuple[str, bytes]]:
    """Bad EXIF: a TIFF header and a directory."""
    for value in (0, 9, 255, 65_535):
        yield f"orientation {value}", _directory([(ORIENTATION, 3, 1, value)])
    yield "orientation as text", _directory([(ORIENTATION, 2, 4, 0x41414141)])
    yield "orientation as fraction by zero", _directory([(ORIENTATION, 5, 1, 8)]) + bytes(8)
    yield "two billion orientations", _directory([(ORIENTATION, 3, 2**31, 8)])
    yield "a directory beyond the end", b"II*\0" + struct.pack("<I", 2**31)
    yield "a directory in itself", _directory([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8)])
    yield "overlapping tags", _overlapping(5_000)
    yield "unknown types", _directory([(tag, tag % 97, 2**30, 8) for tag in range(1, 2_000)])
    yield "rubbish", b"what is this" * 50
    yield "nothing", b""


def _directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """A TIFF file of one directory."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<HHIH", 0x4949, 42, 8, len(entries)) + body + bytes(4)


def _overlapping(count: int, size: int = 60_000) -> bytes:
    """Tags that all say they hold the whole file."""
    return _directory([(1_000 + number, 1, size, 8) for number in range(count)])


def _tiff(directory: bytes, size: int) -> bytes:
    return directory + bytes(max(0, size - len(directory)))


def _circle() -> bytes:
    whole = bytearray(sound("TIFF"))
    (at,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, at)
    struct.pack_into("<I", whole, at + 2 + 12 * count, at)
    return bytes(whole)
