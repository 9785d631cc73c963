"""Digits on real pages are prepared as in MNIST."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from serving.contract import RECIPE_INK
from serving.errors import InputError, UnusableImage
from serving.images import Limits, Picture, Prepared, decode, prepare, steps_of
from serving.images.ink.mnist_format import is_mnist_format
from serving.images.ink.ruled_paper import without_ruled_lines

Pixels = NDArray[np.uint8]
Encode = Callable[..., bytes]


def ink(grey: Pixels, **options: frozenset[str]) -> Prepared:
    return prepare(Picture(grey), RECIPE_INK, **options)  # type: ignore[arg-type]


def likeness(one: Pixels, other: Pixels) -> float:
    """Correlation of two pictures of 28x28."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_all_of_mnist_passes_bit_exactly(all_digits: Pixels) -> None:
    for pixels in all_digits:
        result = ink(pixels)
        assert result.pixels is pixels
        assert result.steps == ()


def test_an_mnist_picture_passes_through_a_png_bit_exactly(all_digits: Pixels, encode: Encode) -> None:
    for pixels in all_digits[:300]:
        assert np.array_equal(prepare(decode(encode(pixels), Limits()), RECIPE_INK).pixels, pixels)


def test_a_dark_drawing_of_28_pixels_does_not_pass_as_mnist(digit: Pixels) -> None:
    assert not is_mnist_format(255 - digit)
    result = ink(255 - digit)
    assert result.inverted
    assert "inverted" in result.steps
    assert likeness(result.pixels, digit) > 0.85


def test_a_shifted_digit_is_no_longer_in_its_frame(digit: Pixels) -> None:
    shifted = np.roll(digit, 2, axis=1)
    assert not is_mnist_format(shifted)
    assert likeness(ink(shifted).pixels, digit) > 0.85


def test_a_digit_on_a_large_page_is_found(page: Pixels, digit: Pixels) -> None:
    result = ink(page)
    assert likeness(result.pixels, digit) > 0.9
    assert result.inverted
    assert result.warnings == ()
    assert {"cropped", "centred"} <= set(result.steps)


def test_light_on_dark_is_not_inverted(page: Pixels, digit: Pixels) -> None:
    result = ink(255 - page)
    assert not result.inverted
    assert likeness(result.pixels, digit) > 0.9


@pytest.mark.parametrize("direction", [(1, 0), (0, 1), (-1, 1)])
def test_a_lighting_gradient_does_not_matter(direction: tuple[int, int], page: Pixels, digit: Pixels) -> None:
    rows, columns = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    light = 0.65 + 0.17 * (direction[0] * rows + direction[1] * columns)
    grain = np.random.default_rng(0).normal(0, 3, page.shape)
    photo = np.clip((60 + page * 0.6) * light + grain, 0, 255).astype(np.uint8)
    result = ink(photo)
    assert "flattened" in result.steps
    assert likeness(result.pixels, digit) > 0.88


def test_a_hard_shadow_does_not_matter(page: Pixels, digit: Pixels) -> None:
    photo = (40 + page * 0.7).astype(np.float32)
    photo[:, :150] *= 0.6
    assert likeness(ink(photo.astype(np.uint8)).pixels, digit) > 0.85


@pytest.mark.parametrize("squared", [False, True])
def test_printed_lines_are_taken_away(squared: bool, page: Pixels, digit: Pixels) -> None:
    paper = np.minimum(page, 225)
    sheet = Image.fromarray(paper)
    pen = ImageDraw.Draw(sheet)
    for place in range(20, 500, 55):
        pen.line((0, place, 400, place + 14), fill=150, width=3)
        if squared:
            pen.line((place, 0, place, 500), fill=150, width=3)
    ruled = np.minimum(np.asarray(sheet), paper)
    result = ink(ruled)
    assert "unlined" in result.steps
    assert likeness(result.pixels, digit) > 0.85
    dark = ((225 - ruled.astype(np.float32)) / 225 * 200).clip(0, 200).astype(np.uint8)
    assert (without_ruled_lines(dark, 0.0)[0][:150] > 20).sum() < 0.02 * (dark[:150] > 20).sum()


def test_thin_strokes_are_thickened() -> None:
    sheet = Image.new("L", (600, 600), 255)
    ImageDraw.Draw(sheet).line((300, 60, 300, 540), fill=0, width=2)
    result = ink(np.asarray(sheet))
    assert "thickened" in result.steps
    assert (result.pixels.max(axis=0) > 128).sum() >= 2


def test_a_stroke_of_one_pixel_survives_on_a_large_canvas() -> None:
    sheet = Image.new("L", (800, 620), 255)
    ImageDraw.Draw(sheet).ellipse((30, 10, 770, 610), outline=0, width=1)
    result = ink(np.asarray(sheet))
    assert "thickened" in result.steps
    assert result.ink > 0.04


def test_thick_strokes_are_thinned() -> None:
    sheet = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(sheet).ellipse((60, 40, 340, 360), outline=0, width=110)
    assert "thinned" in ink(np.asarray(sheet)).steps


def test_of_several_marks_the_main_one_is_taken_with_a_warning(digit: Pixels) -> None:
    sheet = np.full((400, 900), 255, dtype=np.uint8)
    large = 255 - np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC))
    sheet[60:340, 310:590] = large
    sheet[100:300, 20:220] = 255 - np.asarray(Image.fromarray(digit).resize((200, 200)))
    result = ink(sheet)
    assert likeness(result.pixels, digit) > 0.9
    assert "Several marks" in result.warnings[0]


def test_specks_are_no_marks(page: Pixels, digit: Pixels) -> None:
    dirty = page.copy()
    for row, column in [(20, 20), (480, 380), (30, 360), (480, 15)]:
        dirty[row : row + 5, column : column + 5] = 0
    result = ink(dirty)
    assert result.warnings == ()
    assert likeness(result.pixels, digit) > 0.9


def test_a_dark_table_beside_the_page_is_not_the_digit(page: Pixels, digit: Pixels) -> None:
    photo = np.minimum(page, 215)
    photo[:, 360:] = 25
    photo[:60] = 25
    assert likeness(ink(photo).pixels, digit) > 0.85


def test_the_parts_of_a_digit_stay_together() -> None:
    sheet = Image.new("L", (300, 400), 255)
    pen = ImageDraw.Draw(sheet)
    pen.line((80, 80, 230, 80), fill=0, width=18)
    pen.arc((70, 140, 230, 330), 200, 150, fill=0, width=18)
    assert (ink(np.asarray(sheet)).pixels[:8].max(axis=1) > 128).any()
    assert ink(np.asarray(sheet)).warnings == ()


def test_white_ink_on_a_transparent_ground_is_seen(digit: Pixels, encode: Encode) -> None:
    large = np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC))
    rgba = np.dstack([np.full((280, 280, 3), 255, dtype=np.uint8), large])
    result = prepare(decode(encode(rgba), Limits()), RECIPE_INK)
    assert likeness(result.pixels, digit) > 0.85


@pytest.mark.parametrize("tone", [0, 90, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (300, 200)])
def test_a_blank_page_is_refused(tone: int, shape: tuple[int, int]) -> None:
    with pytest.raises(UnusableImage, match="blank"):
        ink(np.full(shape, tone, dtype=np.uint8))


@pytest.mark.parametrize("side", [100, 150, 500])
def test_a_mark_of_a_single_pixel_is_refused(side: int) -> None:
    grey = np.full((side, side), 255, np.uint8)
    grey[side // 2, side // 2] = 0
    with pytest.raises(UnusableImage):
        ink(grey)


def test_paper_and_noise_without_a_mark_are_refused_and_not_called_blank() -> None:
    random = np.random.default_rng(1)
    for noise in (random.normal(190, 4, (400, 300)), random.uniform(0, 256, (28, 28))):
        with pytest.raises(UnusableImage, match="nothing on the picture stands out as a stroke"):
            ink(noise.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("step", steps_of(RECIPE_INK))
def test_each_step_can_be_switched_off(step: str, page: Pixels) -> None:
    result = ink(page, skip=frozenset({step}))
    assert result.pixels.shape == (28, 28)
    assert step not in result.steps or step == "inverted"


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))))
def test_any_picture_is_prepared_or_refused(grey: Pixels) -> None:
    try:
        result = ink(grey)
    except InputError:
        return
    assert result.pixels.shape == (28, 28)
    assert result.pixels.dtype == np.uint8
    assert 0 < result.ink <= 1


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (2, 500_000), (5, 7)])
def test_extreme_proportions_do_no_harm(shape: tuple[int, int], encode: Encode) -> None:
    grey = np.full(shape, 255, dtype=np.uint8)
    grey[: max(1, shape[0] // 2), : max(1, shape[1] // 3)] = 0
    with contextlib.suppress(UnusableImage):
        assert prepare(decode(encode(grey), Limits()), RECIPE_INK).pixels.shape == (28, 28)


def test_the_textbook_way_only_resizes(page: Pixels, digit: Pixels) -> None:
    result = prepare(Picture(page), RECIPE_INK, fit="stretch")
    assert result.steps == ("stretched",)
    assert result.pixels[0, 0] == 255
    assert prepare(Picture(digit), RECIPE_INK, fit="stretch").pixels is digit


def test_an_unknown_recipe_or_fit_is_a_programming_error(page: Pixels) -> None:
    with pytest.raises(ValueError, match="recipe"):
        prepare(Picture(page), "oil")
    with pytest.raises(ValueError, match="fit"):
        prepare(Picture(page), RECIPE_INK, fit="squeeze")
