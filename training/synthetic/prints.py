"""Patterns that are woven into cloth or printed on it: checks, stripes, knitting, dots, a block of print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.synthetic.classes import PULLOVER, SHIRT, T_SHIRT

Tones = NDArray[np.float32]
"""The difference in tone of every pixel, float32 ``[H, W]``."""
Print = Callable[[np.random.Generator, Tones, Tones], Tones]
"""Random generator, row and column of every pixel, float32 ``[H, W]`` each -> a print of strength 1."""

_SHARES: Mapping[int, float] = {T_SHIRT: 0.35, PULLOVER: 0.4, SHIRT: 0.5}
_SHARE = 0.25


def checks(random: np.random.Generator, y: Tones, x: Tones) -> Tones:
    """Draw two sets of bands across each other, sometimes with a thin line between them."""
    period = random.uniform(5, 18)
    woven = 0.5 * (y % period < period / 2) + 0.5 * (x % period < period / 2)
    if random.random() < 0.4:
        woven = woven - 0.5 * ((y % period < 1.5) | (x % period < 1.5))
    return woven.astype(np.float32)


def stripes(random: np.random.Generator, y: Tones, x: Tones) -> Tones:
    """Draw bands: horizontal, vertical or at an angle."""
    period, part = random.uniform(5, 18), random.uniform(0.2, 0.6)
    angle = random.choice([0.0, np.pi / 2, random.uniform(0, np.pi)])
    return ((y * np.cos(angle) + x * np.sin(angle)) % period < period * part).astype(np.float32)


def knitting(random: np.random.Generator, y: Tones, x: Tones) -> Tones:
    """Draw ribs or cables."""
    wave = 2 * np.sin(y / random.uniform(2, 5))
    return (0.4 * np.sin(2 * np.pi * (x + wave) / random.uniform(4, 10))).astype(np.float32)


def dots(random: np.random.Generator, y: Tones, x: Tones) -> Tones:
    """Draw dots on a grid."""
    period = random.uniform(5, 18)
    return (((y % period - period / 2) ** 2 + (x % period - period / 2) ** 2) < period**2 / 16).astype(
        np.float32
    )


def block(random: np.random.Generator, y: Tones, x: Tones) -> Tones:
    """Draw lettering or a picture on the chest."""
    height, width = y.shape
    top, left = random.uniform(0.2, 0.5) * height, random.uniform(0.25, 0.4) * width
    inside = (y > top) & (y < top + random.uniform(0.08, 0.35) * height) & (x > left) & (x < width - left)
    marks = np.sin(x / random.uniform(1, 3)) * np.sin(y / random.uniform(1, 3))
    return (inside * (0.6 + 0.4 * marks)).astype(np.float32)


ALL: Sequence[Print] = (checks, stripes, knitting, dots, block)
USUAL: Mapping[int, Sequence[Print]] = {
    SHIRT: (checks, checks, checks, stripes, dots),
    PULLOVER: (knitting, knitting, stripes, block),
    T_SHIRT: (block, block, stripes, dots),
}
"""The usual prints of some classes; the pictures of the data set are too small to show them."""


def printed(random: np.random.Generator, light: Tones, label: int) -> Tones:
    """Add a print that is usual for the class to some garments.

    Args:
        random: the random number generator.
        light: float32 ``[H, W]``, the tones of the cloth, 0..255.
        label: class of the garment.
    """
    if random.random() >= _SHARES.get(label, _SHARE):
        return light
    choice = USUAL.get(label, ALL)
    y, x = np.mgrid[: light.shape[0], : light.shape[1]].astype(np.float32)
    strength = np.float32(random.uniform(15, 90) * random.choice([-1.0, 1.0]))
    return light + strength * choice[int(random.integers(len(choice)))](random, y, x)
