"""Garments drawn as uploads: what each difference does to the picture of the data set."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.synthetic import body, cloth, garments, ground, prints, unseen
from training.synthetic.body import Placement
from training.synthetic.classes import BAG, BOOT, COAT, DRESS, PULLOVER, SANDAL, SHIRT, SNEAKER, TROUSER

Pixels = NDArray[np.uint8]


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def boot() -> Pixels:
    """A boot that faces left, as in the data set."""
    picture = np.zeros((28, 28), np.uint8)
    picture[4:24, 14:24] = 180
    picture[16:24, 4:24] = 200
    return picture


@pytest.mark.parametrize("label", range(10))
def test_every_class_becomes_a_colour_picture_the_same_for_the_same_seed(label: int, boot: Pixels) -> None:
    first, again, other = (garments.garment_upload(chance(seed), boot, label) for seed in (3, 3, 4))
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_cut_out_keeps_the_outline_and_its_proportions(boot: Pixels) -> None:
    piece = cloth.cut_out(chance(1), boot, 80, BOOT)
    assert piece.cover.max() == 1.0
    assert 0.6 < piece.cover.shape[1] / piece.cover.shape[0] < 1.6
    height, width = piece.cover.shape
    assert piece.cover[: height // 3, : width // 4].mean() < 0.1, "nothing is above the toes"
    assert piece.cover[-height // 4 :].mean() > 0.9


def test_cloth_is_dyed_in_many_tones(boot: Pixels) -> None:
    tones = [cloth.cut_out(chance(seed), boot, 64, BOOT).colours.mean() for seed in range(30)]
    assert min(tones) < 70
    assert max(tones) > 180


def test_sneakers_are_stouter_than_in_the_data_set(boot: Pixels) -> None:
    def proportions(label: int) -> list[float]:
        covers = [cloth.cut_out(chance(seed), boot, 64, label).cover for seed in range(40)]
        return [cover.shape[1] / cover.shape[0] for cover in covers]

    assert np.mean(proportions(SNEAKER)) < 0.92 * np.mean(proportions(BOOT))


@pytest.mark.parametrize("make", prints.ALL)
def test_a_print_has_tones_that_differ(make: prints.Print) -> None:
    y, x = np.mgrid[:80, :60].astype(np.float32)
    tones = make(chance(1), y, x)
    assert tones.shape == (80, 60)
    assert np.ptp(tones) > 0.3
    assert np.abs(tones).max() <= 1.0


def test_half_of_the_shirts_have_a_print_most_often_checks() -> None:
    light = np.full((60, 60), 128, np.float32)
    made = [prints.printed(chance(seed), light, SHIRT) is not light for seed in range(300)]
    assert 0.4 < np.mean(made) < 0.6
    assert prints.USUAL[SHIRT].count(prints.checks) > 2


def test_shoes_face_either_way(boot: Pixels) -> None:
    def faces_right(seed: int) -> bool:
        piece = garments._shown(chance(seed), cloth.cut_out(chance(seed), boot, 64, BOOT), COAT)
        half = piece.cover.shape[1] // 2
        return bool(piece.cover[:, :half].sum() > piece.cover[:, half:].sum())

    turned = np.mean([faces_right(seed) for seed in range(60)])
    assert 0.3 < turned < 0.7


def test_a_pair_shows_more_than_one_shoe_and_both_within_the_picture(boot: Pixels) -> None:
    piece = cloth.cut_out(chance(1), boot, 64, BOOT)
    for seed in range(20):
        both = garments.pair(chance(seed), piece)
        assert both.cover.shape[0] * both.cover.shape[1] > piece.cover.size
        assert 1.05 * piece.cover.sum() < both.cover.sum() < 2.3 * piece.cover.sum()


@pytest.mark.parametrize("label", [COAT, DRESS, TROUSER, SNEAKER, BAG])
def test_the_wearer_is_drawn_around_the_garment(label: int) -> None:
    empty = np.full((160, 120, 3), 255, np.float32)
    place = Placement(50, 30, 60, 50)
    worn = body.wear(chance(2), empty, label, place)
    drawn = (worn != 255).any(axis=2)
    assert drawn[: place.top].any(), "a head, a torso, a leg or an arm shows above"
    assert worn.shape == empty.shape


def test_a_hanger_shows_above_the_shoulders() -> None:
    empty = np.full((120, 120, 3), 255, np.float32)
    hung = body.hang(chance(1), empty, Placement(40, 30, 60, 60))
    assert (hung[:40] != 255).any()
    assert (hung[70:] == 255).all()


def test_a_tenth_is_cut_off_by_the_edge() -> None:
    picture = np.zeros((100, 80, 3), np.uint8)
    place = Placement(10, 10, 80, 60)
    cut = [garments._cut(chance(seed), picture, place).shape != picture.shape for seed in range(400)]
    assert 0.05 < np.mean(cut) < 0.16


def test_a_shadow_darkens_the_ground_beside_the_garment(boot: Pixels) -> None:
    canvas = np.full((120, 120, 3), 200, np.float32)
    piece = cloth.cut_out(chance(1), boot, 64, BOOT)
    shaded = garments._shadow(chance(3), canvas, piece, Placement(20, 20, *piece.cover.shape))
    assert shaded.min() < 190
    assert shaded.max() <= 200


@pytest.mark.parametrize("label", [BAG, SANDAL, SNEAKER])
def test_rare_garments_are_sometimes_drawn(label: int, boot: Pixels) -> None:
    drawn = [unseen.varied(chance(seed), boot, label) is not boot for seed in range(400)]
    assert 0.05 < np.mean(drawn) < 0.16
    for style in unseen.DRAWN[label]:
        picture = style(chance(1))
        assert picture.dtype == np.uint8
        assert 0.1 < (picture > 10).mean() < 0.9


def test_a_pullover_gets_a_polo_neck_or_a_hood(boot: Pixels) -> None:
    pullover = np.zeros((28, 28), np.uint8)
    pullover[8:26, 6:22] = 150
    changed = [unseen.varied(chance(seed), pullover, PULLOVER) for seed in range(60)]
    collared = [picture for picture in changed if picture is not pullover]
    assert 0.08 < len(collared) / len(changed) < 0.4
    assert all(np.flatnonzero((picture > 40).any(axis=1))[0] < 0.37 * len(picture) for picture in collared)
    assert unseen.varied(chance(1), boot, BOOT) is boot


@pytest.mark.parametrize("make", [ground.white, ground.plain, *ground.ROOMS, ground.any_ground])
def test_every_background_fills_its_canvas(make: object) -> None:
    assert callable(make)
    canvas = make(chance(5), (70, 90))
    assert canvas.shape == (70, 90, 3)
    assert canvas.dtype == np.float32
    assert canvas.min() >= 0
    assert canvas.max() <= 255
