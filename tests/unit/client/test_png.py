"""The client's own PNG, held against Pillow."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from client.png import decode_grey, encode


@settings(deadline=None)
@given(st.binary(min_size=784, max_size=784))
def test_pillow_reads_what_is_written(pixels: bytes) -> None:
    image = Image.open(io.BytesIO(encode(pixels, 28, 28)))
    assert (image.mode, image.size, image.tobytes()) == ("L", (28, 28), pixels)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_channels_become_the_modes_of_pillow(channels: int, mode: str) -> None:
    pixels = bytes(range(5 * 3 * channels))
    image = Image.open(io.BytesIO(encode(pixels, 5, 3, channels)))
    assert (image.mode, image.size, image.tobytes()) == (mode, (5, 3), pixels)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_pillow_writes_is_read(seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (9, 7), np.uint8).cumsum(axis=1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=bool(seed % 2))
    assert decode_grey(buffer.getvalue()) == (7, 9, picture.tobytes())


@pytest.mark.parametrize("kind", range(5))
def test_each_filter_of_the_standard_is_undone(kind: int) -> None:
    picture = np.random.default_rng(kind).integers(0, 256, (6, 8)).astype(int)
    rows = [bytes([kind]) + _filtered(kind, picture, row) for row in range(6)]
    import struct
    import zlib

    whole = encode(bytes(48), 8, 6)
    data = zlib.compress(b"".join(rows))
    chunk = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    png = whole[: whole.index(b"IDAT") - 4] + chunk + whole[whole.index(b"IEND") - 4 :]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), picture)
    assert decode_grey(png) == (8, 6, picture.astype(np.uint8).tobytes())


def _filtered(kind: int, picture: np.ndarray, row: int) -> bytes:
    out = []
    for x in range(picture.shape[1]):
        left = int(picture[row, x - 1]) if x else 0
        above = int(picture[row - 1, x]) if row else 0
        corner = int(picture[row - 1, x - 1]) if row and x else 0
        nearest = min((left, above, corner), key=lambda v: abs(left + above - corner - v))
        out.append((int(picture[row, x]) - (0, left, above, (left + above) // 2, nearest)[kind]) % 256)
    return bytes(out)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_anything_else_is_refused_with_a_sentence(junk: bytes) -> None:
    for png in (junk, encode(bytes(784), 28, 28)[: len(junk)], b"\x89PNG\r\n\x1a\n" + junk):
        with pytest.raises(ValueError, match=r"PNG"):
            decode_grey(png)


def test_a_colour_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="plain 8-bit grey"):
        decode_grey(encode(bytes(12), 2, 2, 3))
