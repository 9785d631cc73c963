"""Plain PNG files are read without Pillow's reader, with the same result."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from serving.errors import TooLarge, UnreadableImage
from serving.images import Limits, decode, plain_png
from serving.images.picture import Detail

Pixels = NDArray[np.uint8]
Encode = Callable[..., bytes]


def encoded(pixels: Pixels) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@st.composite
def pictures(draw: st.DrawFn) -> Pixels:
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    noise = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (height, width), np.uint8)
    smooth = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
    return draw(st.sampled_from([noise, smooth, np.zeros_like(noise)]))


def read(data: bytes) -> Pixels | None:
    size = plain_png.size_of(data)
    return None if size is None else plain_png.pixels_of(data, size)


@given(pictures())
def test_every_pixel_is_kept(pixels: Pixels) -> None:
    found = read(encoded(pixels))
    assert found is not None
    assert np.array_equal(found, pixels)


@given(pictures(), st.data())
def test_a_damaged_file_is_read_as_pillow_reads_it_or_left_to_it(pixels: Pixels, data: st.DataObject) -> None:
    file = bytearray(encoded(pixels))
    for _ in range(data.draw(st.integers(1, 3))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    found = read(bytes(file))
    if found is not None:
        assert np.array_equal(found, np.asarray(Image.open(BytesIO(file))))


@given(pictures(), st.integers(1, 60))
def test_a_cut_file_is_left_to_the_reader(pixels: Pixels, missing: int) -> None:
    assert read(encoded(pixels)[:-missing]) is None


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGB", "RGBA", "I;16"])
def test_other_modes_are_left_to_the_reader(mode: str, digit: Pixels, encode: Encode) -> None:
    image = (
        Image.fromarray(digit.astype(np.uint16)) if mode == "I;16" else Image.fromarray(digit).convert(mode)
    )
    assert plain_png.size_of(encode(image)) is None


def test_a_file_with_more_than_pixels_is_left_to_the_reader(digit: Pixels, encode: Encode) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "five")
    assert plain_png.size_of(encode(digit, pnginfo=text)) is None
    assert plain_png.size_of(encode(digit, transparency=0)) is None
    assert plain_png.size_of(encode(digit) + b"more") is None


def test_a_large_file_is_left_to_the_reader(encode: Encode) -> None:
    assert plain_png.size_of(encode(np.zeros((129, 128), np.uint8))) is None
    assert plain_png.size_of(encode(np.zeros((128, 128), np.uint8))) == (128, 128)


def test_a_damaged_stream_is_unreadable(digit: Pixels, encode: Encode) -> None:
    file = bytearray(encode(digit))
    file[60:90] = b"\xff" * 30
    with pytest.raises(UnreadableImage):
        decode(bytes(file), Limits())


def test_a_plain_file_keeps_to_the_limits(digit: Pixels, encode: Encode) -> None:
    with pytest.raises(TooLarge, match="28 x 28"):
        decode(encode(digit), Limits(max_pixels=783))
    assert decode(encode(digit), Limits(), detail=Detail(pixels=196)).grey.shape == (14, 14)


def test_a_plain_file_is_admitted_before_it_is_decoded(digit: Pixels, encode: Encode) -> None:
    asked: list[int] = []
    decode(encode(digit), Limits(), asked.append)
    assert asked == [784]
