"""The wearer of a garment, or its hanger: head, arms, legs and other clothes, drawn around its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from training.synthetic.classes import DRESS, FOOTWEAR, TOPS, TROUSER
from training.synthetic.ground import Canvas

_SKINS = ((240, 205, 180), (224, 172, 140), (198, 134, 96), (141, 85, 56), (90, 56, 40))
_HAIRS = ((30, 22, 18), (70, 45, 30), (160, 120, 70), (120, 120, 120), (20, 20, 20))

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Placement:
    """The place of a garment on the canvas, in pixels.

    Attributes:
        top: its first row.
        left: its first column.
        height: number of rows.
        width: number of columns.
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        """One past its last row."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Its middle column."""
        return self.left + self.width / 2


def wear(random: np.random.Generator, canvas: Canvas, label: int, place: Placement) -> Canvas:
    """Draw the parts of a person that show around a garment.

    Args:
        random: the random number generator.
        canvas: the background.
        label: class of the garment.
        place: where the garment will be laid over the person.
    """
    image = Image.fromarray(canvas.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    skin = _SKINS[int(random.integers(len(_SKINS)))]
    if label in TOPS:
        _legs(random, pen, place, skin if label == DRESS or random.random() < 0.15 else _cloth(random))
        _arms(random, pen, place, skin)
        _head(random, pen, place, skin)
    elif label == TROUSER:
        _torso(random, pen, place, skin)
        _feet(random, pen, place, _cloth(random))
    elif label in FOOTWEAR:
        _shin(random, pen, place, skin if random.random() < 0.5 else _cloth(random))
    else:
        _hand(random, pen, place, skin)
    return np.asarray(image, np.float32)


def hang(random: np.random.Generator, canvas: Canvas, place: Placement) -> Canvas:
    """Draw a hanger; its arms will be under the garment's shoulders."""
    image = Image.fromarray(canvas.astype(np.uint8))
    pen, colour = ImageDraw.Draw(image), _cloth(random)
    x, y, wide = place.middle, place.top - 0.02 * place.height, 0.25 * place.width
    pen.line([(x - wide, y + 8), (x, y - 2), (x + wide, y + 8)], fill=colour, width=2)
    pen.arc((x - 4, y - 14, x + 4, y - 5), 150, 90, fill=colour, width=2)
    pen.line([(x, y - 5), (x, y)], fill=colour, width=2)
    return np.asarray(image, np.float32)


def _head(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, skin: Colour) -> None:
    size = random.uniform(0.11, 0.17) * max(place.width, 0.5 * place.height)
    x, y = place.middle + random.normal(0, 1.5), place.top - 1.0 * size
    hair = _HAIRS[int(random.integers(len(_HAIRS)))]
    pen.rectangle((x - 0.5 * size, y, x + 0.5 * size, place.top + 0.1 * place.height), fill=skin)
    if random.random() < 0.3:
        pen.ellipse((x - 1.2 * size, y - 1.5 * size, x + 1.2 * size, y + 1.8 * size), fill=hair)
    pen.ellipse((x - 0.95 * size, y - 1.45 * size, x + 0.95 * size, y + 0.6 * size), fill=hair)
    pen.ellipse((x - 0.8 * size, y - 1.1 * size, x + 0.8 * size, y + 1.2 * size), fill=skin)


def _arms(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, skin: Colour) -> None:
    wide = max(3, round(random.uniform(0.07, 0.12) * place.width))
    for side in (-1, 1):
        shoulder = (place.middle + side * 0.38 * place.width, place.top + 0.2 * place.height)
        elbow = (
            place.middle + side * random.uniform(0.42, 0.55) * place.width,
            place.top + 0.55 * place.height,
        )
        reach = random.uniform(0.15, 0.6)
        hand = (
            place.middle + side * reach * place.width,
            place.top + random.uniform(0.6, 0.95) * place.height,
        )
        pen.line([shoulder, elbow, hand], fill=skin, width=wide, joint="curve")
        pen.ellipse((hand[0] - wide, hand[1] - wide, hand[0] + wide, hand[1] + wide), fill=skin)


def _legs(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, colour: Colour) -> None:
    wide = max(3, round(random.uniform(0.09, 0.2) * place.width))
    end = place.bottom + random.uniform(0.2, 1.2) * place.height
    for side in (-1, 1):
        hip = place.middle + side * 0.13 * place.width
        foot = place.middle + side * random.uniform(0.1, 0.25) * place.width
        pen.line([(hip, place.bottom - 0.08 * place.height), (foot, end)], fill=colour, width=wide)


def _torso(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, skin: Colour) -> None:
    """Draw a top above the trousers, with arms and head."""
    wide, tall = random.uniform(0.45, 0.75) * place.width, random.uniform(0.2, 0.5) * place.height
    x, cloth = place.middle, _cloth(random)
    top = place.top - tall
    pen.rectangle((x - wide, top, x + wide, place.top + 0.03 * place.height), fill=cloth)
    for side in (-1, 1):
        hand = (x + side * 1.25 * wide, place.top + random.uniform(0, 0.1) * place.height)
        pen.line([(x + side * 0.9 * wide, top + 3), hand], fill=skin, width=max(3, round(0.3 * wide)))
    _head(random, pen, Placement(round(top), round(x - wide), place.height // 2, round(2 * wide)), skin)


def _feet(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, colour: Colour) -> None:
    for side in (-1, 1):
        x, size = place.middle + side * 0.3 * place.width, random.uniform(0.12, 0.25) * place.width
        pen.ellipse((x - size, place.bottom - size, x + size, place.bottom + size), fill=colour)


def _shin(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, colour: Colour) -> None:
    x = place.left + random.choice([0.25, 0.75]) * place.width
    wide = max(4, round(random.uniform(0.15, 0.28) * place.width))
    up = place.top - random.uniform(0.3, 1.5) * place.height
    pen.line([(x + random.normal(0, 6), up), (x, place.top + 0.4 * place.height)], fill=colour, width=wide)


def _hand(random: np.random.Generator, pen: ImageDraw.ImageDraw, place: Placement, skin: Colour) -> None:
    x, wide = place.middle, max(4, round(0.12 * place.width))
    end = (x + random.uniform(-0.6, 0.6) * place.width, place.top - random.uniform(0.2, 0.8) * place.height)
    pen.line([(x, place.top + 0.06 * place.height), end], fill=skin, width=wide)


def _cloth(random: np.random.Generator) -> Colour:
    grey = random.uniform(15, 235)
    red, green, blue = (int(np.clip(grey + value, 0, 255)) for value in random.normal(0, 25, 3))
    return red, green, blue
