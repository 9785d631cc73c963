"""What the model saw, drawn with characters: only whole grey PNGs of moderate size."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from client.drawing import draw
from tests.unit.client.made import grey_png


def _png(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@settings(deadline=None)
@given(st.binary(min_size=784, max_size=784))
def test_a_picture_has_a_line_for_two_rows(pixels: bytes) -> None:
    assert len(draw(grey_png(pixels), colour=False)) == 14
    assert all(line.count("▀") == 28 for line in draw(grey_png(pixels), colour=True))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_anything_else_is_refused_with_a_sentence(junk: bytes) -> None:
    for png in (junk, grey_png(bytes(784))[: len(junk) // 3], b"\x89PNG\r\n\x1a\n" + junk):
        with pytest.raises(ValueError, match="PNG") as caught:
            draw(png, colour=False)
        assert " object at 0x" not in str(caught.value)


@pytest.mark.parametrize(
    "png",
    [
        _png(Image.new("RGB", (2, 2))),
        _png(Image.new("L", (2, 2)), "BMP"),
        _png(Image.new("L", (5000, 1))),
        _png(Image.new("I;16", (2, 2))),
    ],
)
def test_a_picture_of_another_kind_or_size_is_refused(png: bytes) -> None:
    with pytest.raises(ValueError, match="PNG"):
        draw(png, colour=False)


def test_every_truncated_picture_is_refused() -> None:
    whole = grey_png(bytes(range(28)) * 28)
    for size in range(whole.index(b"IDAT") + 20):
        with pytest.raises(ValueError, match="PNG"):
            draw(whole[:size], colour=False)


def test_an_odd_last_row_is_drawn_as_it_is() -> None:
    assert draw(grey_png(b"\xff" * 6, 2, 3), colour=False) == ["    @@", "    @@"]


def test_white_and_black_are_drawn_as_such_with_and_without_colours() -> None:
    png = grey_png(b"\xff\xff\0\0" * 2 + bytes(8), 4, 4)
    assert draw(png, colour=False) == ["    @@", "    "]
    assert "38;5;255;48;5;255m▀" in draw(png, colour=True)[0]
