"""Strangers: the other kind of picture, letters, scribbles, surfaces, clutter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from serving.contract import RECIPE_INK
from training.datasets import Split
from training.synthetic.garments import garment_upload
from training.synthetic.ground import ROOMS, any_ground, photographed, white
from training.synthetic.paper import digit_cover, on_paper
from training.synthetic.strokes import SIGNS, drawn, scribble

Colours = NDArray[np.uint8]
"""An upload, uint8 ``[H, W, 3]``."""
Draw = Callable[[np.random.Generator], Colours]

_RAW = 0.1
_LONGEST = 80


def sign(random: np.random.Generator) -> Colours:
    """A letter or a sign on paper."""
    return on_paper(random, drawn(random, SIGNS[int(random.integers(len(SIGNS)))], _size(random)))


def scribbled(random: np.random.Generator) -> Colours:
    """A scribble on paper."""
    return on_paper(random, drawn(random, scribble(random), _size(random)))


def word(random: np.random.Generator) -> Colours:
    """Two to four signs in a row, touching or apart."""
    marks = [
        drawn(random, SIGNS[int(random.integers(len(SIGNS)))], (int(random.integers(16, 30)), 36))
        for _ in range(int(random.integers(2, 5)))
    ]
    return on_paper(random, np.concatenate([np.pad(mark, ((0, 0), (0, 1))) for mark in marks], axis=1))


def surface(random: np.random.Generator) -> Colours:
    """A ground with nothing on it, or hardly anything."""
    shape = (int(random.integers(50, 81)), int(random.integers(50, 81)))
    kind = int(random.integers(len(ROOMS) + 1))
    return photographed(random, ROOMS[kind](random, shape) if kind < len(ROOMS) else _grainy(random, shape))


def clutter(random: np.random.Generator) -> Colours:
    """Several overlapping shapes of many colours: a scene without anything known."""
    shape = (int(random.integers(56, 81)), int(random.integers(56, 81)))
    image = Image.fromarray(any_ground(random, shape).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(int(random.integers(3, 9))):
        centre, reach = random.uniform(0.15, 0.85, 2) * shape[::-1], random.uniform(5, 26)
        angles = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 9))))
        points = [
            (
                float(centre[0] + reach * np.sin(a) * random.uniform(0.4, 1)),
                float(centre[1] + reach * np.cos(a)),
            )
            for a in angles
        ]
        red, green, blue = (int(value) for value in random.integers(0, 256, 3))
        pen.polygon(points, fill=(red, green, blue))
    return photographed(random, np.asarray(image, np.float32))


def digit(random: np.random.Generator, digits: Split) -> Colours:
    """One digit on paper, or as it is in the data set."""
    picture = digits.images[int(random.integers(len(digits)))]
    return _raw(random, picture) if random.random() < _RAW else on_paper(random, digit_cover(random, picture))


def number(random: np.random.Generator, digits: Split) -> Colours:
    """Two or three digits beside each other, touching or apart."""
    chosen = digits.images[random.integers(0, len(digits), int(random.integers(2, 4)))]
    covers = [digit_cover(random, picture) for picture in chosen]
    gap = int(random.integers(-5, 3))
    row = np.zeros(
        (max(len(cover) for cover in covers), sum(cover.shape[1] + 10 for cover in covers)), np.float32
    )
    at = 0
    for cover in covers:
        part = row[: len(cover), at : at + cover.shape[1]]
        np.maximum(part, cover, out=part)
        at += max(cover.shape[1] + gap, 1)
    return on_paper(random, row)


def garment(random: np.random.Generator, garments: Split) -> Colours:
    """A garment as it would be sent, or as it is in the data set."""
    row = int(random.integers(len(garments)))
    if random.random() < _RAW:
        return _raw(random, garments.images[row])
    upload = Image.fromarray(garment_upload(random, garments.images[row], int(garments.labels[row])))
    upload.thumbnail((_LONGEST, _LONGEST), Image.Resampling.BOX)
    return np.asarray(upload)


def _raw(random: np.random.Generator, grey: NDArray[np.uint8]) -> Colours:
    """White on black as it is, or dark on white."""
    return np.repeat((grey if random.random() < 0.5 else 255 - grey)[..., None], 3, axis=2)


def _size(random: np.random.Generator) -> tuple[int, int]:
    return int(random.integers(28, 60)), int(random.integers(40, 64))


def _grainy(random: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Hardly more than noise."""
    canvas = white(random, shape) - np.float32(random.uniform(0, 200))
    return np.clip(canvas + random.normal(0, random.uniform(4, 60), (*shape, 1)), 0, 255).astype(np.float32)


_DRAWN: dict[str, Draw] = {
    "signs": sign, "scribbles": scribbled, "words": word, "surfaces": surface, "clutter": clutter
}  # fmt: skip


def kinds(recipe: str, digits: Split | None, garments: Split | None) -> dict[str, Draw]:
    """How each kind of stranger to a recipe is drawn, by name; the other data set's pictures count most.

    Args:
        recipe: that the strangers go through.
        digits: pictures of digits, or None.
        garments: pictures of garments, or None.
    """
    draws = dict(_DRAWN)
    if digits is not None:
        draws["numbers"] = lambda random: number(random, digits)
        if recipe != RECIPE_INK:
            draws |= {f"digits {n}": lambda random: digit(random, digits) for n in (1, 2)}
    if garments is not None and recipe == RECIPE_INK:
        draws |= {f"garments {n}": lambda random: garment(random, garments) for n in (1, 2, 3)}
    return draws
