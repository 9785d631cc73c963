"""Test pictures drawn as users send them: large, off-centre, on paper, badly lit, compressed as JPEG.

The gate compares all versions on the same hard pictures. The golden set contains some of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import IMAGE_SIDE
from serving.errors import InputError
from serving.images import Limits, decode, detail_of, prepare
from training.datasets import Split

COUNT = 200
"""The number of hard pictures that the gate compares models on."""

_TIMES = 10
_ROOM = (320, 700)
_GRAIN = 3.0

Pixels = NDArray[np.uint8]
Tones = NDArray[np.float64]
Look = Callable[[Tones, np.random.Generator], Tones]


def inverted(ink: Tones, _: np.random.Generator) -> Tones:
    """Draw black on white, with nothing else changed."""
    return 255.0 * (1.0 - ink)


def paper(ink: Tones, rng: np.random.Generator) -> Tones:
    """Draw dark ink on grey paper, with light that falls off to one side."""
    tone = rng.uniform(130, 210) * (1.0 + 0.5 * _slope(ink.shape, rng))
    return tone * (1.0 - ink * rng.uniform(0.5, 0.85)) + rng.normal(0.0, _GRAIN, ink.shape)


def chalk(ink: Tones, rng: np.random.Generator) -> Tones:
    """Draw light chalk on a dark, unevenly lit board."""
    tone = rng.uniform(30, 80) * (1.0 + 0.5 * _slope(ink.shape, rng))
    return tone + ink * rng.uniform(70, 150) + rng.normal(0.0, _GRAIN, ink.shape)


def shadow(ink: Tones, rng: np.random.Generator) -> Tones:
    """Draw ink on paper, with the edge of a shadow across it."""
    distance = _slope(ink.shape, rng) * max(ink.shape) + rng.uniform(-100, 100)
    light = 1.0 - 0.45 / (1.0 + np.exp(-distance / rng.uniform(3, 25)))
    return 200.0 * light * (1.0 - 0.75 * ink) + rng.normal(0.0, _GRAIN, ink.shape)


LOOKS: dict[str, Look] = {"inverted": inverted, "paper": paper, "chalk": chalk, "shadow": shadow}


@dataclass(frozen=True)
class HardPictures:
    """Pictures as users send them.

    Attributes:
        files: N JPEG files.
        labels: uint8 ``[N]``, their classes.
    """

    files: tuple[bytes, ...]
    labels: NDArray[np.uint8]

    def prepared(self, recipe: str) -> Pixels:
        """Prepare the pictures by a recipe, as for a version that names it.

        Returns:
            uint8 ``[N, 28, 28]``; black for a picture on which the recipe finds nothing.

        Raises:
            ValueError: if the recipe is unknown.
        """
        return np.stack([_prepared(file, recipe) for file in self.files])


def uploads(test: Split, count: int = COUNT) -> HardPictures:
    """Draw the hard pictures of a test set.

    They are the same in every run, and go through all classes and looks in turn.
    """
    chosen = test.at(spread(test.labels)[:count])
    rng, looks = np.random.default_rng(0), tuple(LOOKS)
    files = [hard_jpeg(image, looks[n % len(looks)], rng) for n, image in enumerate(chosen.images)]
    return HardPictures(tuple(files), chosen.labels)


def spread(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Order pictures so that the classes take turns.

    Args:
        labels: uint8 ``[N]``.

    Returns:
        int64 ``[N]``, positions; within a class they keep the order of the set.
    """
    rank = np.zeros(len(labels), np.int64)
    for k in np.unique(labels):
        rank[labels == k] = np.arange(int(np.sum(labels == k)))
    return np.lexsort((labels, rank))


def hard_jpeg(digit: Pixels, look: str, rng: np.random.Generator) -> bytes:
    """Draw a digit enlarged ten times, at a random place on a larger sheet, and compress it as JPEG.

    Args:
        digit: uint8 ``[28, 28]``, white on black.
        look: a key of ``LOOKS``; ``inverted`` keeps the digit's own frame.
        rng: chooses place, light and JPEG quality.
    """
    large = _enlarged(digit, _TIMES * digit.shape[0])
    if look != "inverted":
        height, width = (int(size) for size in rng.integers(*_ROOM, 2))
        large = _placed(large, height, width, rng)
    return _jpeg(LOOKS[look](large, rng), int(rng.integers(50, 90)))


def photograph(digit: Pixels, rng: np.random.Generator, width: int = 4000, height: int = 3000) -> bytes:
    """Draw a phone's photograph of a digit on paper, as JPEG; the digit takes a third of the height.

    Args:
        digit: uint8 ``[28, 28]``, white on black.
        rng: chooses place and light.
        width: width of the photograph in pixels; by default it has 12 megapixels.
        height: its height in pixels.
    """
    ink = _placed(_enlarged(digit, height // 3), height, width, rng)
    return _jpeg(paper(ink, rng), 90)


def _prepared(file: bytes, recipe: str) -> Pixels:
    try:
        return prepare(decode(file, Limits(), detail=detail_of(recipe)), recipe).pixels
    except InputError:
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)


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
    """Return a plane from about -0.5 to 0.5 that rises in a random direction."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    down, across = np.mgrid[: shape[0], : shape[1]]
    return np.asarray(np.cos(angle) * (down / shape[0] - 0.5) + np.sin(angle) * (across / shape[1] - 0.5))


def _jpeg(tones: Tones, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(tones, 0.0, 255.0).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
