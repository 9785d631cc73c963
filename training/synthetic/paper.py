"""Marks on a background: ink on paper, chalk on a board, a pen on a screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.synthetic.ground import Canvas, corner, photographed, plain, white

_SIDE = (40, 64)
_LIGHT_ON_DARK, _RULED, _PLAIN, _TABLE = 0.15, 0.12, 0.5, 0.06
_ALIKE = 0.5


def digit_cover(random: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Enlarge and slightly turn a digit of the data set: the cover of its ink, float32 ``[H, W]``, 0..1."""
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    cut = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = random.uniform(*_SIDE) / max(cut.shape)
    size = (
        max(4, round(cut.shape[1] * scale * random.uniform(0.85, 1.15))),
        max(4, round(cut.shape[0] * scale)),
    )
    large = Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC)
    turned = large.rotate(random.normal(0, 6), Image.Resampling.BILINEAR, expand=True)
    middle, steep = random.uniform(90, 150), random.uniform(0.01, 0.05)
    return np.clip((np.asarray(turned, np.float32) - middle) * steep + 0.5, 0, 1)


def on_paper(random: np.random.Generator, cover: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Write a mark on a background.

    Args:
        random: the random number generator.
        cover: float32 ``[H, W]``, the cover of its ink: 1 hides the background, 0 shows it.

    Returns:
        uint8 ``[H', W', 3]``, with a margin around the mark.
    """
    above, before = (int(random.uniform(0.05, 0.5) * side) for side in cover.shape)
    below, behind = (int(random.uniform(0.05, 0.5) * side) for side in cover.shape)
    cover = np.pad(cover, ((above, below), (before, behind)))[..., None]
    ground = _ground(random, cover.shape[:2])
    ink = np.array(random.uniform(0, 90) + random.normal(0, 15, 3), np.float32)
    if random.random() < 0.2:
        ink[int(random.integers(3))] += 120
    canvas = ground * (1 - cover) + np.clip(ink, 0, 255) * cover
    if random.random() < _LIGHT_ON_DARK:
        canvas = 255 - canvas
    return photographed(random, canvas)


def shows(pixels: NDArray[np.uint8], cover: NDArray[np.float32]) -> bool:
    """Return whether a prepared picture still shows the mark that was written.

    If the preparation took something else for the mark, the label would be wrong.

    Args:
        pixels: uint8 ``[28, 28]``, the prepared picture.
        cover: float32 ``[H, W]``, the cover of the mark's ink.
    """
    if not pixels.any() or not cover.any():
        return False
    seen, written = (_framed(each).ravel() for each in (pixels.astype(np.float32), cover))
    return bool(np.corrcoef(seen, written)[0, 1] > _ALIKE)


def _framed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Crop to the ink and centre it in a small square: float32 ``[14, 14]``."""
    inked = grey > 0.4 * grey.max()
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    cut = np.where(inked, np.float32(1), np.float32(0))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(cut.shape)
    above, before = (side - cut.shape[0]) // 2, (side - cut.shape[1]) // 2
    square = np.zeros((side, side), np.float32)
    square[above : above + cut.shape[0], before : before + cut.shape[1]] = cut
    return np.asarray(Image.fromarray(square).resize((14, 14), Image.Resampling.BOX), np.float32)


def _ground(random: np.random.Generator, shape: tuple[int, ...]) -> Canvas:
    rows, columns = shape
    chance = random.random()
    if chance < _TABLE:
        return corner(random, (rows, columns))
    if chance > _PLAIN:
        return white(random, (rows, columns))
    canvas = plain(random, (rows, columns))
    canvas = np.float32(90) + canvas * np.float32(0.65)
    if random.random() < _RULED:
        step = int(random.integers(12, 40))
        canvas[::step] -= np.float32(random.uniform(15, 60))
        if random.random() < 0.5:
            canvas[:, ::step] -= np.float32(random.uniform(15, 60))
    return canvas
