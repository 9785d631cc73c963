"""What the odd pictures are drawn with: digits enlarged and placed, sheets, lines, and files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]
Tones = NDArray[np.float64]

_SUPERSAMPLING = 3


def file(image: Image.Image | NDArray[Any], name: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    """The bytes of an image as a file."""
    out = BytesIO()
    opened = image if isinstance(image, Image.Image) else Image.fromarray(image)
    opened.save(out, name, **options)
    return out.getvalue()


def ink(digit: Pixels, size: int) -> Tones:
    """A digit enlarged: float64 ``[size, size]``, 0 ground to 1 ink, cropped to the 20x20 box of MNIST."""
    large = Image.fromarray(digit[4:24, 4:24]).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float64) / 255.0


def placed(
    digit: Pixels, shape: tuple[int, int], size: int, rng: np.random.Generator, wander: float = 0.3
) -> Tones:
    """A digit of ``size`` pixels near the middle of a sheet of ``shape``; 1 is ink.

    Args:
        digit: uint8 ``[28, 28]``.
        shape: height and width of the sheet.
        size: of the digit in pixels.
        rng: where the place comes from.
        wander: how far it may stray from the middle, as a share of the room that is left.
    """
    sheet = np.zeros(shape)
    room = shape[0] - size, shape[1] - size
    top, left = (round(each * (0.5 + rng.uniform(-wander, wander) / 2)) for each in room)
    sheet[top : top + size, left : left + size] = ink(digit, size)
    return sheet


def painted(ground: Tones | float, inked: Tones, tone: float) -> Tones:
    """Ink of a tone over a ground."""
    return np.asarray(ground * (1.0 - inked) + tone * inked)


def on_ground(sheet: Tones, shape: tuple[int, int], tone: float, degrees: float) -> tuple[Tones, Tones]:
    """A sheet turned and laid in the middle of a larger ground.

    Returns:
        The picture, and how much of each pixel the sheet covers, 0..1.
    """
    frame = np.full(shape, np.nan)
    top, left = (shape[0] - sheet.shape[0]) // 2, (shape[1] - sheet.shape[1]) // 2
    frame[top : top + sheet.shape[0], left : left + sheet.shape[1]] = sheet
    cover = Image.fromarray(np.where(np.isnan(frame), 0, 255).astype(np.uint8))
    filled = Image.fromarray(np.nan_to_num(frame, nan=float(np.median(sheet))).astype(np.float32))
    turned = np.asarray(filled.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=float(np.median(sheet))))
    covered = np.asarray(cover.rotate(degrees, Image.Resampling.BICUBIC)) / 255.0
    return turned * covered + tone * (1.0 - covered), covered


def grained(tones: Tones, rng: np.random.Generator, most: float = 4.0) -> Pixels:
    """Rounded to 8 bits, half of the time with grain and some blur."""
    if rng.random() < 0.5:
        soft = blurred(tones, rng.uniform(0.4, 1.2))
        tones = soft + rng.normal(0.0, rng.uniform(0.5, most), tones.shape)
    return np.rint(np.clip(tones, 0, 255)).astype(np.uint8)


def outline(
    shape: tuple[int, int], width: float, margin: float, *, ring: bool, degrees: float = 0.0
) -> Tones:
    """The line of a box or ring that keeps clear of the border: float64 of ``shape``, 1 is ink."""
    times = _SUPERSAMPLING
    sheet = Image.new("L", (shape[1] * times, shape[0] * times))
    pen = ImageDraw.Draw(sheet)
    corners = [margin * shape[1], margin * shape[0], (1 - margin) * shape[1], (1 - margin) * shape[0]]
    draw = pen.ellipse if ring else pen.rectangle
    draw([each * times for each in corners], outline=255, width=max(1, round(width * times)))
    turned = sheet.rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned.resize(shape[::-1], Image.Resampling.BOX)) / 255.0


def strokes(points: Sequence[Sequence[tuple[float, float]]], side: int, width: int) -> Pixels:
    """Pen strokes of a whole number of pixels, dark on white: uint8 ``[side, side]``."""
    sheet = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(sheet)
    for stroke in points:
        pen.line([(x * side, y * side) for x, y in stroke], fill=0, width=width, joint="curve")
    return np.asarray(sheet)


def blurred(tones: Tones, radius: float) -> Tones:
    """Softened by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(tones, (0, 0), radius))
