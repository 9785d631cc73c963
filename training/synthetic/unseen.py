"""Drawn garments that are rare in the data set: backpacks, slides, shoes from above, polo necks, hoods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.synthetic.classes import BAG, PULLOVER, SANDAL, SNEAKER

Grey = NDArray[np.uint8]
"""A picture as in the data set, white on black, uint8 ``[H, W]``."""

_SIDE = 72
_DRAWN, _COLLARED = 0.1, 0.2


def varied(random: np.random.Generator, picture: Grey, label: int) -> Grey:
    """Sometimes replace a picture by one of the same class that is rare in the data set.

    Args:
        random: the random number generator.
        picture: uint8 ``[28, 28]``.
        label: class of the picture.
    """
    if label == PULLOVER and random.random() < _COLLARED:
        return collared(random, picture)
    if label in DRAWN and random.random() < _DRAWN:
        styles = DRAWN[label]
        return styles[int(random.integers(len(styles)))](random)
    return picture


def backpack(random: np.random.Generator) -> Grey:
    """Draw a backpack from the front: rounded, with a loop on top, a pocket, and sometimes straps."""
    image, pen = _empty()
    tone = int(random.integers(90, 240))
    left, top = random.uniform(8, 18), random.uniform(8, 12)
    right = _SIDE - left
    pen.arc((28, 1, 44, top + 8), 180, 360, fill=tone, width=3)
    if random.random() < 0.4:
        pen.line([(left + 2, 20), (left - 4, 45), (left + 2, 66)], fill=tone - 40, width=4)
        pen.line([(right - 2, 20), (right + 4, 45), (right - 2, 66)], fill=tone - 40, width=4)
    pen.rounded_rectangle((left, top, right, 70), radius=random.uniform(8, 20), fill=tone)
    pen.arc((left + 4, top + 4, right - 4, 60), 190, 350, fill=_other(random, tone), width=2)
    pocket = random.uniform(36, 46)
    pen.rounded_rectangle((left + 5, pocket, right - 5, 66), radius=5, outline=_other(random, tone), width=2)
    if random.random() < 0.6:
        x, y = random.uniform(26, 34), random.uniform(20, 48)
        pen.rectangle((x, y, x + random.uniform(5, 14), y + random.uniform(3, 8)), fill=_other(random, tone))
    return np.asarray(image)


def slide(random: np.random.Generator) -> Grey:
    """Draw a slide from above: a sole with a broad band across the toes."""
    image, pen = _sole(random)
    tone, top = _other(random, 140), random.uniform(14, 22)
    pen.rounded_rectangle((23, top, 49, top + random.uniform(14, 24)), radius=4, fill=tone)
    return np.asarray(image)


def slide_from_the_side(random: np.random.Generator) -> Grey:
    """Draw a slide from the side: a low sole, open at the heel, with a band over the toes."""
    image, pen = _empty()
    tone, low = int(random.integers(70, 240)), random.uniform(8, 15)
    pen.rounded_rectangle((2, 50 - low, 70, 50), radius=low / 2, fill=tone)
    front, back, top = random.uniform(6, 14), random.uniform(34, 46), random.uniform(16, 26)
    band = [(front, 46 - low), (front + 8, top + 4), (back - 8, top), (back, 50 - low), (back, 48 - low / 2)]
    pen.polygon([*band, (front, 48 - low / 2)], fill=_other(random, tone) if random.random() < 0.6 else tone)
    return np.asarray(image)


def flip_flop(random: np.random.Generator) -> Grey:
    """Draw a flip-flop from above: a sole with a strap that forks between the toes."""
    image, pen = _sole(random)
    tone, toe = _other(random, 140), random.uniform(12, 18)
    pen.line([(25, 42), (36, toe), (47, 42)], fill=tone, width=int(random.integers(3, 6)), joint="curve")
    return np.asarray(image)


def shoe_from_above(random: np.random.Generator) -> Grey:
    """Draw a shoe from above: toe cap, laces, opening for the foot."""
    image, pen = _sole(random)
    tone = _other(random, 150)
    pen.ellipse((28, 40, 44, 66), fill=_other(random, 120))
    for y in range(18, 40, int(random.integers(4, 7))):
        pen.line([(29, y), (43, y + random.uniform(-2, 2))], fill=tone, width=2)
    if random.random() < 0.5:
        pen.arc((25, 6, 47, 26), 180, 360, fill=tone, width=3)
    return np.asarray(image)


def collared(random: np.random.Generator, picture: Grey) -> Grey:
    """Add a polo neck or a hood to a pullover."""
    image = Image.fromarray(np.pad(picture, ((6, 0), (3, 3)))).resize(
        (_SIDE, _SIDE), Image.Resampling.BICUBIC
    )
    solid = np.asarray(image) > 40
    inside = solid[:, _SIDE // 2]
    if not inside.any():
        return picture
    top, tone = int(inside.argmax()), int(np.median(np.asarray(image)[solid]))
    pen, middle = ImageDraw.Draw(image), _SIDE / 2
    if random.random() < 0.5:
        wide, tall = random.uniform(6, 11), random.uniform(4, 12)
        pen.rectangle((middle - wide, top - tall, middle + wide, top + 5), fill=tone)
        pen.line([(middle - wide, top + 2), (middle + wide, top + 2)], fill=_other(random, tone), width=1)
    else:
        wide, tall = random.uniform(10, 16), random.uniform(8, 14)
        pen.ellipse((middle - wide, top - tall, middle + wide, top + 10), fill=tone)
        pen.ellipse(
            (middle - 0.6 * wide, top - 0.6 * tall, middle + 0.6 * wide, top + 7), fill=_other(random, tone)
        )
    return np.asarray(image)


DRAWN: Mapping[int, Sequence[Callable[[np.random.Generator], Grey]]] = {
    BAG: (backpack,),
    SANDAL: (slide, slide_from_the_side, flip_flop),
    SNEAKER: (shoe_from_above,),
}


def _empty() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (_SIDE, _SIDE))
    return image, ImageDraw.Draw(image)


def _sole(random: np.random.Generator) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Draw the outline of a foot from above, toes up."""
    image, pen = _empty()
    tone = int(random.integers(70, 240))
    toe, heel = random.uniform(11, 14), random.uniform(8, 11)
    pen.ellipse((36 - toe, 2, 36 + toe, 40), fill=tone)
    pen.ellipse((36 - heel, 42, 36 + heel, 70), fill=tone)
    pen.polygon([(36 - toe, 20), (36 + toe, 20), (36 + heel, 56), (36 - heel, 56)], fill=tone)
    return image, pen


def _other(random: np.random.Generator, tone: int) -> int:
    """Choose a tone that contrasts with another."""
    return int(np.clip(tone + random.choice([-1, 1]) * random.uniform(35, 110), 15, 255))
