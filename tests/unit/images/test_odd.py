"""Pictures of the kinds that go wrong elsewhere end as the digit that they show.

No model is asked: a prepared picture is right when the picture of MNIST's test set that it is most like shows
the same digit.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import RECIPE_INK
from serving.images import Limits, Prepared, decode, detail_of, prepare
from tests.odd.kinds import KINDS, pair, pen_digit
from tests.unit.images.conftest import idx_images

Pixels = NDArray[np.uint8]
FOLDER = Path(__file__).parent / "odd"
EACH = 15
SPARE = 1


class Nearest:
    """Names the digit that a picture is most like, by correlation with all of MNIST's test set."""

    def __init__(self, images: Pixels, labels: Pixels) -> None:
        self.images, self.labels = images, labels
        self._rows = self._normal(images.reshape(len(images), -1))

    def __call__(self, prepared: Prepared) -> str:
        likeness = self._rows @ self._normal(prepared.pixels.reshape(1, -1))[0]
        return str(self.labels[likeness.argmax()])

    @staticmethod
    def _normal(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
        centred = rows.astype(np.float32) - rows.mean(axis=1, keepdims=True, dtype=np.float32)
        return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def nearest(datasets_dir: Path) -> Nearest:
    folder = datasets_dir / "mnist"
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    return Nearest(idx_images(folder / "t10k-images-idx3-ubyte.gz"), np.frombuffer(labels, np.uint8))


def read(data: bytes) -> Prepared:
    return prepare(decode(data, Limits(), detail=detail_of(RECIPE_INK)), RECIPE_INK)


def manifest() -> list[tuple[str, str]]:
    with (FOLDER / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [(row["file"], row["digit"]) for row in rows if row["digit"] != "-"]


@pytest.mark.parametrize(("name", "digit"), [each for each in manifest() if each[1] != "several"])
def test_each_example_is_read_as_the_digit_it_shows(name: str, digit: str, nearest: Nearest) -> None:
    assert nearest(read((FOLDER / name).read_bytes())) == digit


@pytest.mark.parametrize("name", [name for name, digit in manifest() if digit == "several"])
def test_each_example_of_two_digits_carries_a_warning(name: str) -> None:
    assert read((FOLDER / name).read_bytes()).warnings


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_in_many_sizes_angles_and_tones(kind: str, nearest: Nearest) -> None:
    rng = np.random.default_rng([5, list(KINDS).index(kind)])
    chosen = rng.choice(len(nearest.images), EACH, replace=False)
    answers = [nearest(read(KINDS[kind](nearest.images[index], rng))) for index in chosen]
    right = [answer == str(nearest.labels[index]) for answer, index in zip(answers, chosen, strict=True)]
    assert sum(right) >= EACH - SPARE


def test_two_digits_carry_a_warning_whether_apart_or_touching(nearest: Nearest) -> None:
    rng = np.random.default_rng(6)
    pairs = rng.choice(len(nearest.images), (40, 2), replace=False)
    warned = [
        bool(read(pair(nearest.images[one], nearest.images[other], rng)).warnings) for one, other in pairs
    ]
    assert sum(warned) >= 38


def test_a_single_digit_hardly_ever_carries_a_warning(nearest: Nearest) -> None:
    rng = np.random.default_rng(7)
    chosen = rng.choice(len(nearest.images), 60, replace=False)
    warned = [bool(read(KINDS["vignette"](nearest.images[index], rng)).warnings) for index in chosen]
    assert sum(warned) <= 3


def test_sixteen_bits_are_prepared_like_eight() -> None:
    rng = np.random.default_rng(8)
    for _ in range(10):
        _, deep, plain = pen_digit(rng)
        one, other = read(deep).pixels, read(plain).pixels
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.98


def test_the_steps_say_which_frame_of_an_animation_was_read() -> None:
    result = read((FOLDER / "blank_first_frame_7.gif").read_bytes())
    assert any(step.startswith("frame ") for step in result.steps)


def test_the_steps_say_that_a_sheet_was_cut_out() -> None:
    assert "sheet" in read((FOLDER / "sheet_on_desk_6_280_7deg.png").read_bytes()).steps


def test_a_sheet_is_lighter_or_darker_than_its_surroundings_and_the_polarity_is_its_own() -> None:
    assert read((FOLDER / "sheet_on_desk_6_160.png").read_bytes()).inverted
    assert not read((FOLDER / "dark_card_on_white_4.png").read_bytes()).inverted
