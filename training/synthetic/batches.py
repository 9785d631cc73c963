"""Batches of drawn and prepared uploads, each of which any process can make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import RECIPE_GARMENT
from serving.errors import UnusableImage
from serving.images import Picture, prepare
from training.datasets import Split
from training.synthetic import strangers
from training.synthetic.garments import garment_upload
from training.synthetic.paper import digit_cover, on_paper, shows
from training.synthetic.processes import Pixels
from training.synthetic.strokes import DIGITS, Strokes, drawn

Draw = Callable[[np.random.Generator], Pixels]

_TRIES = 4
_FOREIGN = 0.2
_STYLES = tuple((label, style) for label, styles in DIGITS.items() for style in styles)


@dataclass(frozen=True)
class Known:
    """A batch of uploads of known classes, drawn from pictures of a data set.

    Attributes:
        part: the pictures.
        recipe: the recipe by which uploads are prepared.
        seed: two numbers that determine the uploads.
    """

    part: Split
    recipe: str
    seed: tuple[int, int]

    def make(self) -> list[tuple[Pixels, int]]:
        """Make one upload per picture; some digits are written in styles that are rare in MNIST."""
        return [
            self._upload(picture, label, np.random.default_rng([*self.seed, n]))
            for n, (picture, label) in enumerate(
                zip(self.part.images, self.part.labels.tolist(), strict=True)
            )
        ]

    def _upload(self, picture: Pixels, label: int, random: np.random.Generator) -> tuple[Pixels, int]:
        if self.recipe == RECIPE_GARMENT:
            return prepared(lambda chance: garment_upload(chance, picture, label), self.recipe, random), label
        if random.random() < _FOREIGN:
            label, style = _STYLES[int(random.integers(len(_STYLES)))]
            return _written(lambda chance: foreign_digit(chance, style), self.recipe, random), label
        return _written(lambda chance: digit_cover(chance, picture), self.recipe, random), label


@dataclass(frozen=True)
class Strange:
    """A batch of strangers.

    Attributes:
        kinds: the kind of each stranger, a key of ``strangers.kinds``.
        digits: pictures to write numbers with, or None.
        garments: pictures to draw garments with, or None.
        recipe: the recipe by which uploads are prepared.
        label: the label of all strangers.
        seed: two numbers that determine the uploads.
    """

    kinds: tuple[str, ...]
    digits: Split | None
    garments: Split | None
    recipe: str
    label: int
    seed: tuple[int, int]

    def make(self) -> list[tuple[Pixels, int]]:
        """Make one stranger per entry of ``kinds``."""
        draws = strangers.kinds(self.recipe, self.digits, self.garments)
        return [
            (prepared(draws[kind], self.recipe, np.random.default_rng([*self.seed, n])), self.label)
            for n, kind in enumerate(self.kinds)
        ]


def foreign_digit(random: np.random.Generator, style: Strokes) -> NDArray[np.float32]:
    """Draw a digit in one of the styles of ``DIGITS``: the cover of its ink, float32 ``[H, W]``, 0..1."""
    tall = int(random.integers(40, 64))
    wide = round(tall * random.uniform(0.3, 0.75))
    return drawn(random, style, (wide, tall))


def _written(
    write: Callable[[np.random.Generator], NDArray[np.float32]], recipe: str, random: np.random.Generator
) -> Pixels:
    """Write a mark on paper and prepare it; try again if the preparation lost it."""
    for _ in range(_TRIES):
        cover = write(random)
        pixels = prepared(lambda chance, mark=cover: on_paper(chance, mark), recipe, random)  # type: ignore[misc]
        if shows(pixels, cover):
            break
    return pixels


def prepared(draw: Draw, recipe: str, random: np.random.Generator) -> Pixels:
    """Draw and prepare a picture, up to four times, until the preparation succeeds without a warning.

    Args:
        draw: draws the upload, uint8 ``[H, W, 3]``.
        recipe: the recipe by which it is prepared.
        random: the random number generator.

    Returns:
        uint8 ``[28, 28]``; black if even the last try failed.
    """
    for _ in range(_TRIES):
        colours = draw(random)
        picture = Picture(np.asarray(Image.fromarray(colours).convert("L")), colours)
        try:
            found = prepare(picture, recipe)
        except UnusableImage:
            continue
        if not found.warnings:
            return found.pixels
    return np.zeros((28, 28), np.uint8)
