"""A recipe gives 28x28 pixels for any picture, or says that nothing is on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.contract import RECIPES
from serving.errors import UnusableImage
from serving.images import prepare
from serving.images.connected import connected
from serving.images.picture import Picture

Pixels = NDArray[np.uint8]
Draw = Callable[[np.random.Generator, int, int], Pixels]


def noise(random: np.random.Generator, height: int, width: int) -> Pixels:
    """Random tones of any range."""
    low, high = sorted(random.integers(0, 256, 2).tolist())
    return random.integers(low, high + 1, (height, width), np.uint8)


def specks(random: np.random.Generator, height: int, width: int) -> Pixels:
    """A plain ground with a few other pixels."""
    plain = np.full((height, width), random.integers(0, 256), np.uint8)
    plain[random.random((height, width)) < 0.01] = random.integers(0, 256)
    return plain


def dim(random: np.random.Generator, height: int, width: int) -> Pixels:
    """A faint patch on a slope of light."""
    slope = np.linspace(random.integers(0, 40), random.integers(0, 60), width)[None] + np.zeros((height, 1))
    top, left = random.integers(0, height), random.integers(0, width)
    slope[top : top + height // 2, left : left + width // 2] += random.integers(2, 12)
    return np.clip(slope, 0, 255).astype(np.uint8)


def blocks(random: np.random.Generator, height: int, width: int) -> Pixels:
    """Rectangles that overlap, at the border too."""
    canvas = np.full((height, width), random.integers(0, 256), np.uint8)
    for _ in range(random.integers(1, 6)):
        top, left = random.integers(-height // 2, height), random.integers(-width // 2, width)
        canvas[max(0, top) : top + height // 2, max(0, left) : left + width // 2] = random.integers(0, 256)
    return canvas


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("draw", [noise, specks, dim, blocks])
def test_any_picture_is_prepared_or_called_unusable(draw: Draw, recipe: str) -> None:
    random = np.random.default_rng(5)
    for _ in range(120):
        height, width = random.integers(1, 120, 2).tolist()
        channels = [draw(random, height, width) for _ in range(3)]
        rgb = np.stack(channels, axis=-1) if random.random() < 0.5 else None
        picture = Picture(channels[0], rgb)
        try:
            prepared = prepare(picture, recipe)
        except UnusableImage:
            continue
        assert prepared.pixels.shape == (28, 28)
        assert prepared.pixels.dtype == np.uint8


def test_a_mask_without_pixels_has_no_components() -> None:
    count, labels = connected(np.zeros((0, 0), np.uint8), 8)
    assert (count, labels.shape) == (1, (0, 0))
