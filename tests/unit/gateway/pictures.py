"""Pictures and forms for the tests."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

CLASSIFY = "/v1/models/digits:classify"


def png(side: int = 28) -> bytes:
    """A white stroke on black, as a PNG file."""
    pixels = np.zeros((side, side), np.uint8)
    pixels[side // 5 : side * 4 // 5, side * 3 // 7 : side * 4 // 7] = 255
    return encoded(pixels)


def blank_png() -> bytes:
    """A PNG file with nothing on it."""
    return encoded(np.full((64, 64), 255, np.uint8))


def encoded(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]], kind: str = "PNG") -> bytes:
    """Grey pixels as a file, by default PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=95)
    return buffer.getvalue()


def decoded(text: str) -> Image.Image:
    """The picture in base64 of an answer."""
    return Image.open(io.BytesIO(base64.b64decode(text)))


def form(*files: tuple[str, bytes], **fields: str) -> dict[str, Any]:
    """A multipart form with these files and text fields, for the test client."""
    named = {f"field{index}": (io.BytesIO(data), name) for index, (name, data) in enumerate(files)}
    return {**named, **fields}


def b64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()


def images(*pictures: bytes) -> dict[str, list[dict[str, str]]]:
    """The document of JSON with these pictures."""
    return {"images": [{"b64": b64(picture)} for picture in pictures]}
