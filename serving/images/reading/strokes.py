"""Ink at a threshold that follows the strokes nearby, over a whole page."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.histogram import histogram, percentile
from serving.images.ink.page import Page

_HALF = 0.46
_FAINTEST = 0.4
_NEAR = 0.012


def local_ink(page: Page) -> NDArray[np.uint8]:
    """Where a page is darker than about half of what its darkest pixels nearby are.

    Faint strokes beside dark ones are found, and blurred edges do not make strokes thicker.

    Returns:
        uint8 ``[H, W]``, 255 on ink.
    """
    level = percentile(histogram(page.dark, page.mask), 85)
    few = max(3, round(_NEAR * page.dark.size**0.5))
    peaks = cv2.blur(cv2.dilate(page.dark, np.ones((few, few), np.uint8)), (few, few))
    table = np.clip(np.arange(256), _FAINTEST * level, level) * _HALF
    limits = cv2.LUT(peaks, np.maximum(table, page.floor).astype(np.uint8))
    return cv2.compare(page.dark, limits, cv2.CMP_GT)
