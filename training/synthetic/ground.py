"""Backgrounds of garments and sheets: white, plain, a floor, patterned cloth, a corner of a room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Canvas = NDArray[np.float32]
"""A picture in the making: float32 ``[H, W, 3]``, 0..255."""


def white(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw a studio's white, or nearly white."""
    return np.full((*shape, 3), random.choice([255.0, 255.0, 250.0, 244.0]), np.float32)


def plain(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw a single colour, with light that falls off to one side."""
    grey = random.choice([random.uniform(10, 60), random.uniform(150, 245), random.uniform(200, 240)])
    colour = grey + random.normal(0, random.choice([3.0, 25.0]), 3)
    slope = random.uniform(-30, 30, 2)
    y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j]
    return _clip(colour + (slope[0] * y + slope[1] * x)[..., None])


def cloudy(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw a rough surface, such as carpet, bedding or a wall: light and dark patches, and grain."""
    base = random.uniform(40, 220) + random.normal(0, 20, 3)
    nodes = int(random.integers(3, 9))
    patches = _enlarged(random.normal(0, random.uniform(5, 35), (nodes, nodes)), shape)
    grain = random.normal(0, random.uniform(2, 18), shape)
    return _clip(base + (patches + grain)[..., None])


def boards(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw boards or tiles, each in its own tone, with dark joints."""
    base = random.uniform(80, 220) + random.normal(0, 15, 3)
    step = (int(random.integers(12, 45)), int(random.integers(12, 75)))
    rows, columns = np.arange(shape[0]) // step[0], np.arange(shape[1]) // step[1]
    tones = random.normal(0, random.uniform(2, 16), (rows[-1] + 1, columns[-1] + 1))[rows][:, columns]
    joints = (np.arange(shape[0]) % step[0] == 0)[:, None] | (np.arange(shape[1]) % step[1] == 0)
    canvas = tones - joints * random.uniform(10, 60) + random.normal(0, 4, shape)
    return _clip(base + canvas[..., None])


def flowered(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw cloth or wallpaper with many small shapes in a few colours."""
    image = Image.new("RGB", (shape[1], shape[0]), _colour(random))
    pen = ImageDraw.Draw(image)
    colours = [_colour(random) for _ in range(3)]
    for _ in range(int(random.integers(15, 60))):
        x, y = random.uniform(0, shape[1]), random.uniform(0, shape[0])
        wide, tall = random.uniform(2, 9, 2)
        pen.ellipse((x - wide, y - tall, x + wide, y + tall), fill=colours[int(random.integers(3))])
    return np.asarray(image, np.float32)


def corner(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw a wall above a floor, or a sheet on a table."""
    upper, lower = plain(random, shape), cloudy(random, shape)
    edge = int(shape[0] * random.uniform(0.3, 0.9))
    lower[:edge] = upper[:edge]
    return lower


ROOMS: tuple[Callable[[np.random.Generator, tuple[int, int]], Canvas], ...] = (
    cloudy,
    boards,
    flowered,
    corner,
)


def any_ground(random: np.random.Generator, shape: tuple[int, int]) -> Canvas:
    """Draw a background, with the frequencies of real uploads: white, plain, or a room."""
    chance = random.random()
    if chance < 0.4:
        return white(random, shape)
    if chance < 0.75:
        return plain(random, shape)
    return ROOMS[int(random.integers(len(ROOMS)))](random, shape)


def photographed(random: np.random.Generator, canvas: Canvas) -> NDArray[np.uint8]:
    """Add what a camera adds, uneven light and noise, and return uint8 ``[H, W, 3]``."""
    if random.random() < 0.4:
        light = _enlarged(random.uniform(0.75, 1.1, (2, 2)), canvas.shape[:2])
        canvas = canvas * light[..., None]
    noise = random.choice([0.0, 1.5, 4.0])
    if noise:
        canvas = _clip(canvas + random.normal(0, noise, canvas.shape))
    return np.asarray(_clip(canvas), np.uint8)


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in random.integers(20, 240, 3))
    return red, green, blue


def _enlarged(nodes: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    image = Image.fromarray(nodes.astype(np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC), np.float32)


def _clip(values: NDArray[np.floating]) -> Canvas:
    return np.clip(values, 0, 255).astype(np.float32)
