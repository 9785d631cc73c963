"""Folders of small PNG files: MNIST's training pictures, unchanged."""

from __future__ import annotations

import gzip
from pathlib import Path

from PIL import Image

SIDE = 28
IDX_HEADER_BYTES = 16


def write_pictures(folder: Path, count: int, idx: Path) -> Path:
    """Write PNG files of 28x28, starting over at the end of the data set.

    Args:
        folder: the folder to write to; created if it does not exist.
        count: number of files.
        idx: MNIST's training images, gzipped IDX.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pixels = gzip.decompress(idx.read_bytes())[IDX_HEADER_BYTES:]
    size = SIDE * SIDE
    for number in range(count):
        start = number * size % len(pixels)
        picture = Image.frombytes("L", (SIDE, SIDE), pixels[start : start + size])
        picture.save(folder / f"{number:07d}.png")
    return folder
