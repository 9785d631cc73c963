"""As much of PNG as the client needs: write grey or colour rows, read back the grey 28x28 that the model saw.

Source: W3C "Portable Network Graphics (PNG) Specification (Third Edition)", sections 5 and 9.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_LARGEST_SIDE = 4096


def encode(pixels: bytes, width: int, height: int, channels: int = 1) -> bytes:
    """Rows of 8-bit samples as a PNG.

    Args:
        pixels: ``height * width * channels`` samples, row by row.
        width: columns.
        height: rows.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    """
    stride = width * channels
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def decode_grey(png: bytes) -> tuple[int, int, bytes]:
    """Read an 8-bit grey PNG.

    Returns:
        Width, height and ``width * height`` samples, row by row.

    Raises:
        ValueError: for anything but a whole, plain 8-bit grey PNG of moderate size.
    """
    try:
        return _decode_grey(png)
    except (struct.error, zlib.error, IndexError) as error:
        raise ValueError(f"a damaged PNG: {error}") from error


def _decode_grey(png: bytes) -> tuple[int, int, bytes]:
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    data, header = b"", b""
    for kind, body in _chunks(png):
        if kind == b"IHDR":
            header = body
        elif kind == b"IDAT":
            data += body
    width, height, *rest = struct.unpack(">IIBBBBB", header)
    if rest != [8, 0, 0, 0, 0] or not 0 < width <= _LARGEST_SIDE or not 0 < height <= _LARGEST_SIDE:
        raise ValueError("not a plain 8-bit grey PNG")
    raw = zlib.decompressobj().decompress(data, height * (width + 1))
    if len(raw) != height * (width + 1):
        raise ValueError("a PNG with rows missing")
    return width, height, _unfilter(raw, width, height)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_SIGNATURE)
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        yield kind, png[position + 8 : position + 8 + length]
        position += length + 12


def _unfilter(raw: bytes, width: int, height: int) -> bytes:
    above = bytearray(width)
    rows = []
    for row in range(height):
        start = row * (width + 1)
        above = _unfilter_row(raw[start], raw[start + 1 : start + 1 + width], above)
        rows.append(bytes(above))
    return b"".join(rows)


def _unfilter_row(kind: int, row: bytes, above: bytearray) -> bytearray:
    out = bytearray(len(row))
    for x, value in enumerate(row):
        left = out[x - 1] if x else 0
        corner = above[x - 1] if x else 0
        predicted = (0, left, above[x], (left + above[x]) // 2, _paeth(left, above[x], corner))[kind]
        out[x] = (value + predicted) & 0xFF
    return out


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))
