"""Pictures and forms for the tests."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

CLASSIFY = "/v1/models/digits:classify"


def stroke(side: int = 28) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A white stroke on black, uint8 ``[side, side]``."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[side // 5 : side * 4 // 5, side * 3 // 7 : side * 4 // 7] = 255
    return pixels


def png(side: int = 28) -> bytes:
    """``stroke`` as a PNG file."""
    return encoded(stroke(side))


def blank_png() -> bytes:
    """A PNG file with nothing on it."""
    return encoded(np.full((64, 64), 255, np.uint8))


def encoded(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> bytes:
    """Pixels as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def form(*files: tuple[str, bytes]) -> dict[str, tuple[io.BytesIO, str]]:
    """A multipart form with these files, for the test client."""
    return {f"field{index}": (io.BytesIO(data), name) for index, (name, data) in enumerate(files)}


def b64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()
