"""Synthetic pages: a number of 2 to 12 of MNIST's digits in a row, apart or touching, as if photographed.

Digits, size, pen, slant, spacing, light and grain vary. The seed and the number of a page determine it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

APART, TOUCHING = "apart", "touching"
KINDS = (APART, TOUCHING)

_FINE = 4
_FEWEST, _MOST = 2, 12
_CLOSEST = 0.25


@dataclass(frozen=True)
class Page:
    """A synthetic page.

    Attributes:
        digits: the number written on it.
        file: the picture as a JPEG file.
    """

    digits: str
    file: bytes


def page(images: NDArray[np.uint8], labels: NDArray[np.uint8], kind: str, seed: int, number: int) -> Page:
    """Draw a page.

    Args:
        images: uint8 ``[N, 28, 28]``, digits as MNIST has them.
        labels: uint8 ``[N]``.
        kind: one of ``KINDS``: ``apart`` has gaps of 5 to 40 % of a digit's width.
        seed: seed of the set.
        number: number of the page in the set.
    """
    random = np.random.default_rng((seed, number, KINDS.index(kind)))
    chosen = random.integers(0, len(images), int(random.integers(_FEWEST, _MOST + 1)))
    pen = int(random.integers(-1, 3))
    marks = [_mark(random, images[index], pen) for index in chosen]
    row = _slanted(random, _row(random, marks, kind))
    grey = _photographed(random, row)
    encoded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 96))])[1]
    return Page("".join(str(labels[index]) for index in chosen), encoded.tobytes())


def _mark(random: np.random.Generator, image: NDArray[np.uint8], pen: int) -> NDArray[np.uint8]:
    """Enlarge a digit, with the pen of the page and its own size; uint8, 255 on ink, cropped to its box."""
    size = int(28 * _FINE * random.uniform(0.85, 1.15))
    large = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    mask = cv2.threshold(large, 110, 255, cv2.THRESH_BINARY)[1]
    if pen:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pen) + 1,) * 2)
        changed = cv2.dilate(mask, kernel) if pen > 0 else cv2.erode(mask, kernel)
        mask = changed if changed.any() else mask
    left, top, width, height = cv2.boundingRect(mask)
    return mask[top : top + height, left : left + width]


def _row(random: np.random.Generator, marks: list[NDArray[np.uint8]], kind: str) -> NDArray[np.uint8]:
    """Put the marks side by side on a nearly even baseline; uint8, 255 on ink."""
    width = float(np.mean([mark.shape[1] for mark in marks]))
    tall = max(mark.shape[0] for mark in marks)
    jitter = 0.06 * tall
    row = np.zeros((tall + round(2 * jitter) + 2, sum(mark.shape[1] for mark in marks) * 2 + 40), np.uint8)
    gap = random.uniform(0.05, 0.4) * width
    right = 0
    for mark in marks:
        top = round(tall - mark.shape[0] + jitter + random.uniform(-jitter, jitter))
        band = row[top : top + mark.shape[0]]
        if kind == TOUCHING and right:
            left = _touching(band, mark, right)
        else:
            left = right + round(gap * random.uniform(0.7, 1.3)) if right else 0
        np.maximum(band[:, left : left + mark.shape[1]], mark, out=band[:, left : left + mark.shape[1]])
        right = max(right, left + mark.shape[1])
    left, top, wide, high = cv2.boundingRect(row)
    return row[top : top + high, left : left + wide]


def _touching(band: NDArray[np.uint8], mark: NDArray[np.uint8], right: int) -> int:
    """Return the rightmost column at which a mark overlaps the ink that is there.

    The boxes overlap by at most a quarter of its width, so that slanted digits do not slide under each other.
    """
    last = max(0, right - round(_CLOSEST * mark.shape[1]))
    for left in range(right, last, -1):
        shared = (band[:, left : left + mark.shape[1]] > 0) & (mark > 0)
        if np.count_nonzero(shared) >= 2 * _FINE:
            return left
    return last


def _slanted(random: np.random.Generator, row: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Slope a row by up to 6 degrees, and slant its digits by up to 11."""
    height, width = row.shape
    lean, slope = random.uniform(-0.2, 0.2), np.tan(np.deg2rad(random.uniform(-6, 6)))
    matrix = np.array([[1, lean, max(0, -lean * height)], [slope, 1, max(0, -slope * width)]], np.float32)
    size = round(width + abs(lean) * height) + 1, round(height + abs(slope) * width) + 1
    return cv2.warpAffine(row, matrix, size)


def _photographed(random: np.random.Generator, row: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw ink on a page in uneven light, blurred and grainy, sometimes inverted; uint8 ``[H, W]``."""
    scale = random.uniform(0.35, 0.9)
    ink = cv2.resize(row, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    margins = [(round(a), round(b)) for a, b in random.uniform(0.3, 2.0, (2, 2)) * ink.shape[0]]
    ink = cv2.GaussianBlur(np.pad(ink, margins), (0, 0), random.uniform(0.4, 1.0))
    paper = random.uniform(150, 245) * _light(random, ink.shape)
    tones = paper * (1 - ink * random.uniform(0.45, 0.9))
    tones += random.normal(0, random.uniform(0.5, 5), tones.shape)
    grey = np.clip(np.rint(tones), 0, 255).astype(np.uint8)
    return cv2.bitwise_not(grey) if random.random() < 0.15 else grey


def _light(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return light that falls off across the page and towards the corners, about 0.5 to 1."""
    down, across = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    turn = random.uniform(0, 2 * np.pi)
    slope = random.uniform(0, 0.2) * (np.cos(turn) * across + np.sin(turn) * down)
    falloff = random.uniform(0, 0.1) * (across**2 + down**2)
    return (0.85 + slope - falloff).astype(np.float32)
