"""Small pictures for the client's tests."""

from __future__ import annotations

import io

from PIL import Image


def grey_png(pixels: bytes, width: int = 28, height: int = 28) -> bytes:
    """The PNG of 8-bit grey pixels, row by row."""
    buffer = io.BytesIO()
    Image.frombytes("L", (width, height), pixels).save(buffer, "PNG")
    return buffer.getvalue()
