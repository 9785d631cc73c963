"""Marks drawn as strokes: digits as they are written outside of MNIST, letters and signs, scribbles.

Coordinates run from 0 to 1, rightwards and downwards; a stroke is a line through its points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Point = tuple[float, float]
Strokes = Sequence[Sequence[Point]]


def _oval(x: float, y: float, wide: float, tall: float, start: float = 0, end: float = 360) -> list[Point]:
    angles = np.radians(np.linspace(start, end, 14))
    return [(x + wide * float(np.sin(a)), y - tall * float(np.cos(a))) for a in angles]


DIGITS: Mapping[int, Sequence[Strokes]] = {
    0: (
        ([*_oval(0.5, 0.5, 0.32, 0.5)], [(0.78, 0.12), (0.22, 0.88)]),
        ([*_oval(0.5, 0.5, 0.3, 0.5)], [(0.95, -0.02), (0.05, 1.02)]),
    ),
    1: (
        ([(0.2, 0.35), (0.55, 0.0), (0.55, 1.0)],),
        ([(0.28, 0.25), (0.55, 0.0), (0.55, 1.0)], [(0.25, 1.0), (0.85, 1.0)]),
        ([(0.05, 0.5), (0.55, 0.0), (0.52, 1.0)],),
        ([(0.35, 0.2), (0.55, 0.0), (0.55, 1.0)], [(0.3, 1.0), (0.8, 1.0)]),
        ([(0.12, 0.42), (0.6, 0.0), (0.45, 1.0)],),
        ([(0.5, 0.0), (0.5, 1.0)], [(0.25, 1.0), (0.75, 1.0)]),
    ),
    4: (
        ([(0.3, 0.0), (0.1, 0.55), (0.9, 0.55)], [(0.7, 0.15), (0.65, 1.0)]),
        ([(0.65, 1.0), (0.65, 0.0), (0.08, 0.65), (0.92, 0.65)],),
        ([(0.2, 0.0), (0.2, 0.5), (0.8, 0.5)], [(0.8, 0.0), (0.8, 1.0)]),
        ([(0.6, 0.0), (0.1, 0.7), (0.95, 0.7)], [(0.6, 0.45), (0.6, 1.0)]),
    ),
    7: (
        ([(0.1, 0.0), (0.9, 0.0), (0.4, 1.0)], [(0.3, 0.5), (0.85, 0.5)]),
        ([(0.1, 0.02), (0.85, 0.0), (0.45, 0.6), (0.38, 1.0)], [(0.25, 0.48), (0.8, 0.45)]),
        ([(0.12, 0.2), (0.12, 0.0), (0.9, 0.0), (0.35, 1.0)],),
        ([(0.12, 0.15), (0.15, 0.0), (0.9, 0.02), (0.45, 1.0)], [(0.3, 0.52), (0.85, 0.5)]),
    ),
    9: (([*_oval(0.5, 0.28, 0.28, 0.28)], [(0.78, 0.3), (0.75, 0.75), (0.45, 1.0), (0.2, 0.92)]),),
}
"""What MNIST's writers seldom wrote: 1 with upstroke and foot, 7 with a bar, 0 with a slash."""

SIGNS: Sequence[Strokes] = (
    ([(0, 1), (0.5, 0), (1, 1)], [(0.2, 0.6), (0.8, 0.6)]),
    ([(0.9, 0), (0.1, 0), (0.1, 1), (0.9, 1)], [(0.1, 0.5), (0.7, 0.5)]),
    ([(0.9, 0), (0.1, 0), (0.1, 1)], [(0.1, 0.5), (0.7, 0.5)]),
    ([(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, 0.5), (1, 0.5)]),
    ([(0, 0), (0, 1)], [(0.9, 0), (0, 0.55), (0.9, 1)]),
    ([(0, 1), (0, 0), (0.5, 0.7), (1, 0), (1, 1)],),
    ([(0, 1), (0, 0), (1, 1), (1, 0)],),
    ([(0.1, 1), (0.1, 0), (0.6, 0), (0.85, 0.25), (0.6, 0.5), (0.1, 0.5)],),
    ([(0.1, 1), (0.1, 0), (0.6, 0), (0.85, 0.25), (0.6, 0.5), (0.1, 0.5)], [(0.45, 0.5), (0.9, 1)]),
    ([(0, 0), (1, 0)], [(0.5, 0), (0.5, 1)]),
    ([(0, 0), (0, 0.7), (0.5, 1), (1, 0.7), (1, 0)],),
    ([(0, 0), (0.5, 1), (1, 0)],),
    ([(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)],),
    ([(0, 0), (1, 1)], [(1, 0), (0, 1)]),
    ([(0, 0), (0.5, 0.5), (1, 0)], [(0.5, 0.5), (0.5, 1)]),
    ([(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]),
    ([(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]),
    ([(0.3, 0), (0.3, 1)], [(0.7, 0), (0.7, 1)], [(0, 0.33), (1, 0.33)], [(0, 0.67), (1, 0.67)]),
    ([(0, 0.6), (0.35, 1), (1, 0)],),
    ([(0, 0.5), (1, 0.5)], [(0.65, 0.2), (1, 0.5), (0.65, 0.8)]),
    ([(0.5, 0), (0.62, 0.4), (1, 0.4), (0.7, 0.62), (0.8, 1), (0.5, 0.75), (0.2, 1), (0.3, 0.62), (0, 0.4),
      (0.38, 0.4), (0.5, 0)],),
    ([(0.5, 1), (0, 0.4), (0.1, 0.08), (0.35, 0.05), (0.5, 0.3), (0.65, 0.05), (0.9, 0.08), (1, 0.4),
      (0.5, 1)],),
    ([*_oval(0.5, 0.5, 0.5, 0.5)], _oval(0.3, 0.35, 0.04, 0.06), _oval(0.7, 0.35, 0.04, 0.06),
     _oval(0.5, 0.5, 0.28, 0.28, 110, 250)),
    ([*_oval(0.5, 0.3, 0.3, 0.3, 270, 470), (0.5, 0.7)], [(0.5, 0.92), (0.5, 1)]),
    ([(0, 1), (0.5, 0), (1, 1), (0, 1)],),
    ([(0, 1), (0, 0.4), (0.5, 0), (1, 0.4), (1, 1), (0, 1)], [(0.4, 1), (0.4, 0.6), (0.6, 0.6), (0.6, 1)]),
    ([(0.5, 0.3), (0.5, 0.7), (0.1, 1)], [(0.5, 0.7), (0.9, 1)], [(0.1, 0.45), (0.9, 0.45)],
     _oval(0.5, 0.15, 0.15, 0.15)),
    ([(0.5, 0), (0.5, 1)], [(0.1, 0.2), (0.9, 0.8)], [(0.9, 0.2), (0.1, 0.8)]),
    ([*_oval(0.5, 0.5, 0.35, 0.5)], [(0.15, 0.5), (0.85, 0.5)]),
    ([*_oval(0.5, 0.45, 0.4, 0.45, 210, 510)], [(0.02, 1), (0.32, 1), (0.3, 0.83)],
     [(0.7, 0.83), (0.68, 1), (0.98, 1)]),
    ([*_oval(0.5, 0.4, 0.4, 0.3)], [(0.5, 0), (0.5, 1)]),
    ([(0, 0), (0.15, 0.7), (0.5, 0.75), (0.85, 0.7), (1, 0)], [(0.5, 0), (0.5, 1)]),
    ([(1, 0), (0, 0), (0.5, 0.5), (0, 1), (1, 1)],),
)  # fmt: skip
"""Letters that look like no digit, Latin and Greek, and signs."""


def drawn(random: np.random.Generator, strokes: Strokes, size: tuple[int, int]) -> NDArray[np.float32]:
    """Draw strokes by a shaking hand: the cover of the ink, float32 ``[size[1], size[0]]``, 0..1."""
    wide, tall = size
    image = Image.new("L", size)
    pen = ImageDraw.Draw(image)
    width = max(2, round(random.uniform(0.04, 0.13) * tall))
    edge = width / 2 + 2
    slant, shake = random.normal(0, 0.12), random.uniform(0.005, 0.03)
    for stroke in strokes:
        points = np.array(stroke) + random.normal(0, shake, (len(stroke), 2))
        points[:, 0] += slant * (0.5 - points[:, 1])
        place = np.clip(edge + points * (wide - 2 * edge, tall - 2 * edge), edge, (wide - edge, tall - edge))
        pen.line([(float(x), float(y)) for x, y in place], fill=255, width=width, joint="curve")
        for x, y in place[[0, -1]]:
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image, np.float32) / np.float32(255)


def scribble(random: np.random.Generator) -> Strokes:
    """Two to four winding strokes that mean nothing; a single plain one might be a digit."""
    strokes = []
    for _ in range(int(random.integers(2, 5))):
        knots = random.uniform(0, 1, (int(random.integers(4, 10)), 2))
        at = np.linspace(0, len(knots) - 1, 24)
        smooth = np.stack([np.interp(at, range(len(knots)), knots[:, axis]) for axis in (0, 1)], axis=1)
        smooth[1:-1] = (smooth[:-2] + smooth[1:-1] + smooth[2:]) / 3
        strokes.append([(float(x), float(y)) for x, y in smooth])
    return strokes
