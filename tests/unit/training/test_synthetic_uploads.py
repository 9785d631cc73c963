"""Uploads and strangers, drawn and passed through the real preparation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import RECIPE_GARMENT, RECIPE_INK
from training import datasets, synthetic
from training.datasets import Dataset, Split
from training.errors import DrawingFailed
from training.recipes import Recipe
from training.synthetic import batches, processes, strangers
from training.synthetic.paper import digit_cover, on_paper, shows
from training.synthetic.strokes import DIGITS, SIGNS, drawn, scribble

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits", seed=1)


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_digit_on_paper_comes_out_of_the_preparation_as_it_went_in(digits: Dataset) -> None:
    alike = []
    for seed, picture in enumerate(digits.train.images[:40]):
        prepared = batches.prepared(
            lambda random, shown=picture: on_paper(random, digit_cover(random, shown)),  # type: ignore[misc]
            RECIPE_INK,
            chance(seed),
        )
        alike.append(np.corrcoef(prepared.ravel(), picture.ravel())[0, 1])
    assert np.median(alike) > 0.6


@pytest.mark.parametrize("label", sorted(DIGITS))
def test_digits_are_written_as_elsewhere_in_the_world(label: int) -> None:
    for style in DIGITS[label]:
        cover = drawn(chance(2), style, (40, 60))
        assert cover.shape == (60, 40)
        assert 0.03 < cover.mean() < 0.6
        assert batches.foreign_digit(chance(1), style).max() == 1.0


def test_ones_are_upright_lines_and_all_others_have_more_to_them() -> None:
    for label, styles in DIGITS.items():
        for first, *rest in styles:
            falls = any(abs(a[0] - b[0]) < 0.2 and b[1] - a[1] > 0.9 for a, b in pairwise(first))
            assert (falls and len(first) <= 3) == (label == 1), (label, first)
            assert len(first) + sum(map(len, rest)) > (2 if label == 1 else 3)


def test_signs_and_scribbles_are_drawn_within_their_frame() -> None:
    for strokes in [*SIGNS, scribble(chance(1))]:
        cover = drawn(chance(3), strokes, (50, 60))
        assert cover.max() == 1.0
        assert not cover[[0, -1]].any()


@pytest.mark.parametrize("recipe", [RECIPE_INK, RECIPE_GARMENT])
def test_every_kind_of_stranger_is_a_colour_picture(recipe: str, digits: Dataset) -> None:
    draws = strangers.kinds(recipe, digits.train, digits.train)
    assert {"signs", "scribbles", "words", "surfaces", "clutter", "numbers"} < set(draws)
    for draw in draws.values():
        colours = draw(chance(4))
        assert colours.dtype == np.uint8
        assert colours.shape[2] == 3


def test_own_pictures_are_no_strangers_to_their_recipe(digits: Dataset) -> None:
    assert not any(kind.startswith("digits") for kind in strangers.kinds(RECIPE_INK, digits.train, None))
    assert not any(
        kind.startswith("garments") for kind in strangers.kinds(RECIPE_GARMENT, None, digits.train)
    )


def test_what_the_preparation_refuses_is_drawn_again_and_is_black_in_the_end() -> None:
    tried = []

    def blank(_: np.random.Generator) -> Pixels:
        tried.append(1)
        return np.full((60, 60, 3), 255, np.uint8)

    assert not batches.prepared(blank, RECIPE_INK, chance(1)).any()
    assert len(tried) > 1


def test_a_mark_taken_out_of_several_is_drawn_again(digits: Dataset) -> None:
    one = np.pad(255 - digits.train.images[0], 20, constant_values=255)
    apart = np.repeat(np.concatenate([one, one], axis=1)[..., None], 3, axis=2)
    assert not batches.prepared(lambda _: apart, RECIPE_INK, chance(1)).any()


def test_the_same_seed_gives_the_same_uploads_and_another_does_not(digits: Dataset) -> None:
    first, again, other = (
        synthetic.uploads(digits.train, RECIPE_INK, None, 12, 12, seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.known.images, again.known.images)
    assert np.array_equal(first.strange, again.strange)
    assert not np.array_equal(first.known.images, other.known.images)
    assert len(first.kinds) == len(first.strange) == 12
    assert first.known.images.any(axis=(1, 2)).mean() > 0.9


def test_several_processes_make_what_one_makes(digits: Dataset) -> None:
    some: list[processes.Batch] = [
        batches.Known(digits.train.at(slice(n, n + 4)), RECIPE_INK, (1, n)) for n in (0, 4)
    ]
    alone = [pair for batch in some for pair in batch.make()]
    together = processes.made(some)
    assert all(
        np.array_equal(one[0], other[0]) and one[1] == other[1]
        for one, other in zip(alone, together, strict=True)
    )


@dataclass(frozen=True)
class Dying:
    """A batch that kills its process, as the kernel does when memory runs out."""

    def make(self) -> list[tuple[Pixels, int]]:
        os._exit(9)


def test_a_process_that_dies_ends_the_training_with_a_sentence() -> None:
    with pytest.raises(DrawingFailed, match="was killed"):
        processes.made([Dying(), Dying()])


def test_uploads_join_the_training_part_and_strangers_get_the_label_after_the_last(digits: Dataset) -> None:
    made = synthetic.beside(digits, None, Recipe(epochs=1, uploads=24, strangers=12), seed=1)
    assert len(made.train) == len(digits.train) + 36
    assert (made.train.labels == 10).sum() == 12
    assert made.held_out is not None
    assert len(made.held_out.known) == 6
    assert len(made.held_out.strange) == 3


def test_a_recipe_without_uploads_leaves_the_data_set_as_it_is(digits: Dataset) -> None:
    made = synthetic.beside(digits, None, Recipe(epochs=1), seed=1)
    assert made.train is digits.train
    assert made.held_out is None


def test_a_digit_that_the_preparation_lost_is_told_from_one_that_it_kept(digits: Dataset) -> None:
    cover = digit_cover(chance(1), digits.train.images[0])
    kept = batches.prepared(lambda random: on_paper(random, cover), RECIPE_INK, chance(2))
    assert shows(kept, cover)
    assert not shows(kept[::-1, ::-1].T, cover)
    assert not shows(np.zeros((28, 28), np.uint8), cover)


def test_a_garment_keeps_its_label() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[4:26, 6:22] = 200
    part = Split(np.stack([picture] * 6), np.arange(6, dtype=np.uint8))
    made = batches.Known(part, RECIPE_GARMENT, (1, 0)).make()
    assert [label for _, label in made] == list(range(6))
    assert all(pixels.shape == (28, 28) and pixels.any() for pixels, _ in made)
