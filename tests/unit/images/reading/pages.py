"""Drawn pages of digits for the tests."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images import Picture

Grey = NDArray[np.uint8]

HEIGHT = 42
"""About how tall a digit of ``write`` is, in pixels."""


def sheet(width: int = 600, height: int = 400) -> Grey:
    """White paper, uint8 ``[height, width]``."""
    return np.full((height, width), 255, np.uint8)


def write(page: Grey, text: str, left: int, baseline: int, *, scale: float = 2.0, gap: int = 12) -> int:
    """Write digits in black, each ``gap`` pixels from the next; return where they end."""
    for character in text:
        (width, _), _ = cv2.getTextSize(character, cv2.FONT_HERSHEY_SIMPLEX, scale, 4)
        cv2.putText(page, character, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, 4)
        left += width + gap
    return left


def picture(page: Grey) -> Picture:
    """A page as a decoded picture."""
    return Picture(page, sent_size=(page.shape[1], page.shape[0]))
