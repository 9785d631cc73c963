"""Clean digits made into the pictures that people take: large, off-centre, on paper, in bad light, JPEG."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TIMES = 10
_ROOM = (320, 700)
_GRAIN = 3.0

Pixels = NDArray[np.uint8]
Tones = NDArray[np.float64]
Look = Callable[[Tones, np.random.Generator], Tones]


def inverted(ink: Tones, _: np.random.Generator) -> Tones:
    """Black on white, nothing else changed."""
    return 255.0 * (1.0 - ink)


def paper(ink: Tones, rng: np.random.Generator) -> Tones:
    """Dark ink on grey paper, the light falling off to one side."""
    tone = rng.uniform(130, 210) * (1.0 + 0.5 * _slope(ink.shape, rng))
    return tone * (1.0 - ink * rng.uniform(0.5, 0.85)) + rng.normal(0.0, _GRAIN, ink.shape)


def chalk(ink: Tones, rng: np.random.Generator) -> Tones:
    """Light on a dark board, unevenly lit."""
    tone = rng.uniform(30, 80) * (1.0 + 0.5 * _slope(ink.shape, rng))
    return tone + ink * rng.uniform(70, 150) + rng.normal(0.0, _GRAIN, ink.shape)


def shadow(ink: Tones, rng: np.random.Generator) -> Tones:
    """On paper, with the edge of a shadow across it."""
    distance = _slope(ink.shape, rng) * max(ink.shape) + rng.uniform(-100, 100)
    light = 1.0 - 0.45 / (1.0 + np.exp(-distance / rng.uniform(3, 25)))
    return 200.0 * light * (1.0 - 0.75 * ink) + rng.normal(0.0, _GRAIN, ink.shape)


LOOKS: dict[str, Look] = {"inverted": inverted, "paper": paper, "chalk": chalk, "shadow": shadow}


def hard_jpeg(digit: Pixels, look: str, rng: np.random.Generator) -> bytes:
    """A digit ten times larger, somewhere on a larger sheet; ``inverted`` keeps its own frame.

    Args:
        digit: uint8 ``[28, 28]``, white on black.
        look: a key of ``LOOKS``.
        rng: where place, light and quality come from.
    """
    large = _enlarged(digit, _TIMES * digit.shape[0])
    if look != "inverted":
        height, width = (int(size) for size in rng.integers(*_ROOM, 2))
        large = _placed(large, height, width, rng)
    return _jpeg(LOOKS[look](large, rng), int(rng.integers(50, 90)))


def photograph(digit: Pixels, rng: np.random.Generator, width: int = 4000, height: int = 3000) -> bytes:
    """A phone's picture of a digit on paper: 12 megapixels, the digit a third of its height."""
    ink = _placed(_enlarged(digit, height // 3), height, width, rng)
    return _jpeg(paper(ink, rng), 90)


def png(digit: Pixels) -> bytes:
    """The digit as it is."""
    buffer = io.BytesIO()
    Image.fromarray(digit).save(buffer, "PNG")
    return buffer.getvalue()


def _enlarged(digit: Pixels, side: int) -> Tones:
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float64) / 255.0


def _placed(ink: Tones, height: int, width: int, rng: np.random.Generator) -> Tones:
    top = int(rng.integers(0, height - ink.shape[0] + 1))
    left = int(rng.integers(0, width - ink.shape[1] + 1))
    sheet = np.zeros((height, width))
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return sheet


def _slope(shape: tuple[int, ...], rng: np.random.Generator) -> Tones:
    """From about -0.5 to 0.5 across the picture, in some direction."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    down, across = np.mgrid[: shape[0], : shape[1]]
    return np.asarray(np.cos(angle) * (down / shape[0] - 0.5) + np.sin(angle) * (across / shape[1] - 0.5))


def _jpeg(tones: Tones, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
