"""Pictures of every kind that people send, computed without randomness: the same on every machine."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]

_STROKES = {
    "one": [[(50, 10), (50, 90)]],
    "seven": [[(25, 15), (75, 15), (45, 90)]],
    "four": [[(60, 10), (20, 60), (80, 60)], [(62, 40), (62, 92)]],
    "eight": [[(50, 50), (30, 30), (50, 10), (70, 30), (50, 50), (25, 72), (50, 92), (75, 72), (50, 50)]],
    "i": [[(50, 35), (50, 90)], [(50, 12), (50, 16)]],
}
_SHIRT = [(20, 20), (40, 12), (60, 12), (80, 20), (92, 42), (78, 48), (74, 38), (74, 90), (26, 90), (26, 38),
          (22, 48), (8, 42)]  # fmt: skip
_BAG = [(18, 40), (34, 40), (38, 22), (62, 22), (66, 40), (82, 40), (88, 86), (12, 86)]


def pictures() -> Iterator[tuple[str, bytes]]:
    """Names and PNG files."""
    for name in _STROKES:
        for width in (3, 8, 16):
            ink = _drawn(name, width, 300)
            yield f"{name}-{width}-dark-on-light", _png(255 - ink)
            yield f"{name}-{width}-light-on-dark", _png(ink)
    for name, outline in (("shirt", _SHIRT), ("bag", _BAG)):
        yield from _garments(name, outline)
    yield from _odd()


def _garments(name: str, outline: list[tuple[int, int]]) -> Iterator[tuple[str, bytes]]:
    mask = _filled(outline, 280)
    for colour in ((200, 30, 40), (250, 250, 245), (20, 20, 24)):
        for ground in ((255, 255, 255), (120, 130, 125), (10, 10, 10)):
            if colour == ground:
                continue
            rgb = np.where(mask[..., None] > 0, np.array(colour), np.array(ground)).astype(np.uint8)
            yield f"{name}-{colour}-on-{ground}", _png(rgb)
    rgba = np.dstack([np.full((*mask.shape, 3), 90, np.uint8), mask])
    yield f"{name}-cut-out", _png(rgba)
    dotted = np.where((mask > 0)[..., None], (40, 60, 140), (120, 120, 120)).astype(np.uint8)
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    dotted[(rows % 40 < 5) & (columns % 40 < 5)] = 120
    yield f"{name}-with-dots-of-the-ground", _png(dotted)


def _odd() -> Iterator[tuple[str, bytes]]:
    """Originals, ruled paper, shadows, grain, frames, crumbs, strange sizes and shapes."""
    ink = _drawn("seven", 8, 300)
    rows, columns = np.mgrid[:300, :300]
    yield "original", _png(_original(_drawn("four", 12, 200)))
    yield "original-garment", _png(_original(_filled(_SHIRT, 200)))
    ruled = np.where(rows % 30 == 0, 170, 250)
    yield "ruled-paper", _png(np.where(ink > 0, 40, ruled).astype(np.uint8))
    shadow = np.where(columns + rows // 3 > 200, 120, 230)
    yield "shadow", _png((shadow - ink // 3).clip(0, 255).astype(np.uint8))
    slope = 120 + columns // 4 + rows // 6
    yield "slope", _png((slope - ink // 4).clip(0, 255).astype(np.uint8))
    grain = (rows * 7919 + columns * 104729) % 23
    yield "grain", _png((225 - grain - ink // 2).clip(0, 255).astype(np.uint8))
    framed = 255 - ink
    framed[:6], framed[-6:], framed[:, :6], framed[:, -6:] = 0, 0, 0, 0
    yield "frame", _png(framed)
    crumbs = 255 - ink
    crumbs[40:43, 250:253], crumbs[260:262, 30:33] = 60, 60
    yield "crumbs", _png(crumbs)
    desk = np.full((420, 420), 70, np.uint8)
    desk[60:360, 60:360] = np.where(ink > 0, 30, 235)
    yield "sheet-on-desk", _png(desk)
    yield "wide", _png(np.pad(255 - ink, ((0, 0), (300, 500)), constant_values=255))
    yield "tall", _png(np.pad(255 - ink, ((400, 100), (0, 0)), constant_values=255))
    yield "two-marks", _png(255 - np.hstack([_drawn("one", 8, 200), _drawn("four", 8, 200)]))
    yield "tiny", _png(255 - _drawn("one", 12, 12))
    yield "blank", _png(np.full((100, 100), 255, np.uint8))
    yield "one-pixel", _png(np.zeros((1, 1), np.uint8))
    checks = ((rows // 20 + columns // 20) % 2 * 255).astype(np.uint8)
    yield "checks", _png(checks)
    blue = np.dstack([255 - ink, 255 - ink, np.full_like(ink, 255)])
    yield "blue-ink", _png(blue)


def _drawn(name: str, width: int, side: int) -> Pixels:
    """White strokes on black; a width is in hundredths of the side."""
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    for stroke in _STROKES[name]:
        points = [(x * side // 100, y * side // 100) for x, y in stroke]
        draw.line(points, fill=255, width=max(1, width * side // 100))
    return np.array(image)


def _filled(outline: list[tuple[int, int]], side: int) -> Pixels:
    image = Image.new("L", (side, side))
    ImageDraw.Draw(image).polygon([(x * side // 100, y * side // 100) for x, y in outline], fill=255)
    return np.array(image)


def _original(large: Pixels) -> Pixels:
    """Return a picture as in the data sets: 20x20 in the middle of 28x28."""
    small = np.asarray(Image.fromarray(large).resize((20, 20), Image.Resampling.BOX))
    return np.pad(small, 4)


def _png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
