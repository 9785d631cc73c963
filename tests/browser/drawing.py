"""Draws on the pad as a person does, and makes pictures to upload."""

from __future__ import annotations

import io
import math

from PIL import Image, ImageDraw
from playwright.sync_api import Page

Points = list[tuple[float, float]]

ONE: Points = [(0.5, 0.18), (0.5, 0.82)]
ZERO: Points = [
    (0.5 + 0.2 * math.sin(angle), 0.5 - 0.3 * math.cos(angle))
    for angle in (2 * math.pi * step / 24 for step in range(25))
]
SEVEN: Points = [(0.3, 0.22), (0.7, 0.22), (0.6, 0.5), (0.45, 0.82)]


def moved(points: Points, right: float, scale: float = 0.45) -> Points:
    """A stroke made smaller and moved to the right, for a number of several digits."""
    return [(0.5 + (x - 0.5) * scale + right, 0.5 + (y - 0.5) * scale) for x, y in points]


def draw(page: Page, points: Points) -> None:
    """Draw one stroke with the mouse; points are shares of the pad's side."""
    pad = page.locator("#paper")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def picture(points: Points, side: int = 300) -> bytes:
    """A PNG of one stroke on paper."""
    image = Image.new("RGB", (side, side), (236, 233, 225))
    pen = ImageDraw.Draw(image)
    places = [(x * side, y * side) for x, y in points]
    pen.line(places, fill=(30, 30, 60), width=side // 15, joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
