"""The recipe for letters and symbols keeps all their parts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import RECIPE_INK, RECIPE_SYMBOL
from serving.errors import UnusableImage
from serving.images import Picture, Prepared, prepare
from serving.images.connected import connected

Pixels = NDArray[np.uint8]

LINES = {
    "i": [((52, 45), (52, 85)), ((52, 28), (52, 31))],
    "=": [((25, 40), (80, 42)), ((25, 65), (80, 63))],
    ":": [((52, 39), (52, 40)), ((52, 69), (52, 70))],
    "syllable": [((25, 30), (50, 30)), ((50, 30), (50, 60)), ((70, 20), (70, 85)), ((70, 50), (85, 50))],
    "L": [((30, 20), (30, 80)), ((30, 80), (70, 80))],
}
PARTS = {"i": 2, "=": 2, ":": 2, "syllable": 2, "L": 1}


def drawn(name: str, side: int = 105) -> Pixels:
    """A symbol in black on white."""
    paper = np.full((side, side), 255, np.uint8)
    for start, end in LINES[name]:
        cv2.line(paper, start, end, 0, 4)
    return paper


def symbol(grey: Pixels) -> Prepared:
    return prepare(Picture(grey), RECIPE_SYMBOL)


@pytest.mark.parametrize("name", LINES)
def test_every_part_of_a_symbol_is_kept_without_a_warning(name: str) -> None:
    found = symbol(drawn(name))
    count, _ = connected(np.where(found.pixels > 100, 255, 0).astype(np.uint8), 8)
    assert (count - 1, found.warnings) == (PARTS[name], ())


def test_a_symbol_of_one_part_is_prepared_as_a_digit_is() -> None:
    difference = symbol(drawn("L")).pixels.astype(int) - prepare(Picture(drawn("L")), RECIPE_INK).pixels
    assert np.abs(difference).mean() < 4


def test_dirt_and_what_comes_in_from_the_border_are_left_out() -> None:
    clean, dirty = drawn("L"), drawn("L")
    dirty[:, :3] = 0
    dirty[90:92, 90:92] = 0
    assert np.array_equal(symbol(dirty).pixels > 100, symbol(clean).pixels > 100)


def test_a_drawing_that_fills_the_frame_is_no_border() -> None:
    cut = drawn("L")[20:, 30:]
    assert symbol(cut).pixels.any()


def test_an_empty_sheet_is_unusable() -> None:
    with pytest.raises(UnusableImage):
        symbol(np.full((105, 105), 255, np.uint8))
