"""Pictures of clothing are prepared as in Fashion-MNIST."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image

from serving.errors import UnusableImage
from serving.images import Limits, Picture, Prepared, decode, prepare
from serving.images.garment import STEPS, prepare_garment
from serving.images.garment.background import along_ring, ring
from serving.images.garment.recipe import is_fashion_format

Pixels = NDArray[np.uint8]
WHITE, BLACK, GREEN = (255, 255, 255), (0, 0, 0), (40, 160, 60)
NOTHING: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def fashion(datasets_dir: Path) -> dict[str, Pixels]:
    """All pictures of Fashion-MNIST by part."""
    folder = datasets_dir / "fashion_mnist"
    return {part: _read(folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")}


def _read(packed: Path) -> Pixels:
    return np.frombuffer(gzip.decompress(packed.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)


def _prepare(rgb: Pixels, alpha: Pixels | None = None, skip: frozenset[str] = NOTHING) -> Prepared:
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    return prepare(Picture(grey, rgb, alpha), "garment@2", skip=skip)


def _sheet(colour: tuple[int, int, int], rows: int = 240, columns: int = 200) -> Pixels:
    return np.full((rows, columns, 3), colour, np.uint8)


def _shirt(
    background: tuple[int, int, int], cloth: tuple[int, int, int], rows: int = 240, columns: int = 200
) -> Pixels:
    """A T-shaped piece of clothing, 120 pixels tall and 100 wide, at (30, 40)."""
    picture = _sheet(background, rows, columns)
    picture[30:70, 40:140] = cloth
    picture[30:150, 65:115] = cloth
    return picture


def _overlap(one: Pixels, other: Pixels) -> float:
    a, b = one > 40, other > 40
    return float((a & b).sum() / (a | b).sum())


def _alike(one: Pixels, other: Pixels) -> float:
    """Correlation of the pixels."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


SHIRT = _prepare(_shirt(WHITE, GREEN)).pixels


def test_all_pictures_of_the_data_set_pass_to_the_bit(fashion: dict[str, Pixels]) -> None:
    assert sum(len(part) for part in fashion.values()) == 70_000
    for part in fashion.values():
        assert all(is_fashion_format(Picture(picture)) for picture in part)
        for picture in part[::97]:
            assert np.array_equal(prepare_garment(Picture(picture), NOTHING).pixels, picture)


def test_the_garment_fills_the_frame_and_is_centred() -> None:
    rows, columns = np.nonzero(SHIRT > 40)
    assert (rows.min(), rows.max()) == (0, 27)
    assert abs((columns.min() + columns.max()) / 2 - 13.5) <= 0.5
    assert columns.max() - columns.min() + 1 == 23
    assert SHIRT.max() == 255
    assert SHIRT[0, 0] == SHIRT[27, 0] == SHIRT[27, 27] == 0


@pytest.mark.parametrize("background", [WHITE, (128, 128, 128), BLACK, (200, 40, 40), (250, 240, 220)])
def test_the_outline_is_the_same_on_every_background(background: tuple[int, int, int]) -> None:
    assert _overlap(_prepare(_shirt(background, GREEN)).pixels, SHIRT) > 0.9


def test_a_dark_garment_becomes_bright_as_in_the_data_set() -> None:
    dark, pale = _prepare(_shirt(WHITE, (20, 20, 30))), _prepare(_shirt(WHITE, (205, 205, 215)))
    assert dark.inverted
    assert dark.ink > pale.ink


def test_light_that_falls_off_is_no_garment() -> None:
    picture = _shirt((200, 200, 200), GREEN).astype(np.float32)
    falling = np.linspace(1.2, 0.7, 240)[:, None, None] * np.linspace(1.0, 0.8, 200)[None, :, None]
    lit = np.clip(picture * falling, 0, 255).astype(np.uint8)
    assert _overlap(_prepare(lit).pixels, SHIRT) > 0.9


def test_transparency_outlines_a_garment_as_white_as_its_paper() -> None:
    alpha = np.where(_shirt(BLACK, WHITE)[..., 0] > 0, 255, 0).astype(np.uint8)
    pixels = _prepare(_sheet(WHITE), alpha).pixels
    assert _overlap(pixels, SHIRT) > 0.9


def test_a_rectangular_photograph_on_a_transparent_canvas_is_not_taken_for_a_garment() -> None:
    alpha = np.zeros((240, 200), np.uint8)
    alpha[10:230, 10:190] = 255
    assert _overlap(_prepare(_shirt(WHITE, GREEN), alpha).pixels, SHIRT) > 0.9


def test_a_nearly_white_garment_is_lifted_out_of_the_dark() -> None:
    picture = _shirt((120, 90, 60), (250, 250, 250))
    picture[60:80, 80:100] = BLACK
    faint, lifted = _prepare(picture, skip=frozenset({"lift"})), _prepare(picture)
    assert np.median(faint.pixels[faint.pixels > 0]) < 40
    assert np.median(lifted.pixels[lifted.pixels > 0]) > 40


def test_a_caption_and_a_strip_along_the_border_are_left_out() -> None:
    picture = _shirt(WHITE, GREEN)
    picture[225:] = BLACK
    picture[190:200, 20:60:3] = (90, 90, 90)
    assert _overlap(_prepare(picture).pixels, SHIRT) > 0.9
    assert _overlap(_prepare(picture, skip=frozenset({"pieces"})).pixels, SHIRT) < 0.7


def test_both_shoes_of_a_pair_stay() -> None:
    picture = _sheet(WHITE)
    picture[60:100, 20:90] = GREEN
    picture[60:100, 110:180] = GREEN
    pixels = _prepare(picture).pixels
    columns = np.flatnonzero((pixels > 40).any(axis=0))
    assert (columns.min(), columns.max()) == (0, 27)


def test_a_handle_stays_open() -> None:
    picture = _sheet((190, 200, 210))
    picture[100:200, 40:160] = GREEN
    picture[40:100, 70:130] = GREEN
    picture[52:100, 82:118] = (190, 200, 210)
    pixels = _prepare(picture).pixels
    assert (pixels[6:9, 13:15] < 16).all()
    assert (pixels[20:24, 10:18] > 40).all()


def test_a_garment_on_a_patterned_cloth_is_found_by_its_colours() -> None:
    rng = np.random.default_rng(5)
    patches = rng.choice(np.array([(230, 200, 190), (120, 90, 60), (200, 60, 90)], np.uint8), (24, 20))
    picture = patches.repeat(10, axis=0).repeat(10, axis=1)
    shirt = _shirt(BLACK, WHITE)[..., 0] > 0
    moved = np.roll(shirt, (30, 10), (0, 1))
    picture[moved] = (20, 40, 160)
    found = _prepare(picture)
    assert "separated from a busy background" in found.steps
    assert _overlap(found.pixels, SHIRT) > 0.75


@pytest.mark.parametrize("index", [0, 4, 11, 18, 25, 32])
def test_an_enlarged_picture_of_the_data_set_comes_back_nearly_itself(
    fashion: dict[str, Pixels], index: int
) -> None:
    original = fashion["train"][index]
    large = Image.fromarray(original).resize((280, 280), Image.Resampling.BICUBIC)
    back = prepare(Picture(np.asarray(large)), "garment@2")
    assert not back.inverted
    assert _alike(back.pixels, original) > 0.95
    paper = prepare(Picture(255 - np.asarray(large)), "garment@2")
    assert paper.inverted
    assert _alike(paper.pixels, original) > 0.95


def test_a_small_black_on_white_thumbnail_is_turned_round(fashion: dict[str, Pixels]) -> None:
    original = fashion["train"][0]
    back = prepare(Picture(255 - original), "garment@2").pixels
    assert _alike(back, original) > 0.99


@pytest.mark.parametrize("colour", [WHITE, BLACK, GREEN])
def test_a_blank_picture_is_refused(colour: tuple[int, int, int]) -> None:
    with pytest.raises(UnusableImage, match="stands out"):
        _prepare(_sheet(colour))


def test_a_blank_sheet_with_noise_and_falling_light_is_refused() -> None:
    rng = np.random.default_rng(1)
    light = np.linspace(225, 190, 240)[:, None, None] + rng.normal(0, 1.5, (240, 200, 3))
    buffer = io.BytesIO()
    Image.fromarray(light.astype(np.uint8)).save(buffer, "JPEG", quality=80)
    with pytest.raises(UnusableImage):
        prepare(decode(buffer.getvalue(), Limits()), "garment@2")


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 500), (500, 1), (2, 2), (3, 1000), (28, 28), (5, 5)])
def test_odd_shapes_are_prepared_or_refused(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (*shape, 3), np.uint8)
    try:
        made = _prepare(picture)
    except UnusableImage:
        return
    assert made.pixels.shape == (28, 28)
    assert made.pixels.dtype == np.uint8


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    st.sets(st.sampled_from(STEPS)),
    st.booleans(),
)
def test_any_pixels_with_any_steps_left_out_give_a_frame_or_a_refusal(
    rgb: Pixels, skip: set[str], transparent: bool
) -> None:
    alpha = rgb[..., 0] if transparent else None
    try:
        made = _prepare(rgb, alpha, frozenset(skip))
    except UnusableImage:
        return
    assert made.pixels.shape == (28, 28)
    assert 0 <= made.ink <= 1


def test_the_steps_taken_are_told() -> None:
    assert _prepare(_shirt(WHITE, GREEN)).steps == ("background removed", "negated", "trimmed", "centred")


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3), (40, 3), (192, 144), (120, 192)])
def test_the_border_is_read_in_the_order_of_its_mask(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).random((*shape, 3), np.float32)
    assert np.array_equal(along_ring(plane), plane[ring(shape)])
