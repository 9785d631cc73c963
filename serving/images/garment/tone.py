"""From colours to the data set's greys: the garment on white, negated, within the data set's range."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_FAINTEST = 60.0
_NIGHT = 48.0


def is_negative(background_level: float, coloured: bool) -> bool:
    """Whether a picture already is white on black: grey on a black ground, as the data set's own are.

    Args:
        background_level: mean intensity of the background, 0..255.
        coloured: whether the source has colour; a colour photograph on black is no negative.
    """
    return not coloured and background_level < _NIGHT


def to_grey(rgb: NDArray[np.float32], mask: NDArray[np.bool_], negative: bool) -> NDArray[np.float32]:
    """The garment alone, white on black.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.
        mask: bool ``[H, W]``, the garment.
        negative: whether the picture is white on black already.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.where(mask, grey if negative else np.float32(255) - grey, np.float32(0))


def lift(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Raise a garment that is nearly as white as paper to the palest that the data set has.

    Nine in ten garments of the data set have a mean above 60.

    Args:
        values: float32 ``[H, W]``, 0 background to 255, negated.
        mask: bool ``[H, W]``, the garment.
    """
    mean = float(values[mask].mean())
    if mean >= _FAINTEST:
        return values
    share = (_FAINTEST - mean) / (255.0 - mean)
    return np.asarray(np.where(mask, values + share * (255.0 - values), values), np.float32)


def stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale so that the brightest pixel is 255, as in every picture of the data set."""
    top = float(values.max())
    return np.asarray(values * (255.0 / top), np.float32) if top > 0 else values
