"""From colours to the data set's greys: the garment on white, negated, within the data set's range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_FAINTEST = 60.0


def lift(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Raise a garment that is nearly as white as paper to the palest that the data set has.

    Args:
        values: float32 ``[H, W]``, 0 background to 255, negated.
        mask: bool ``[H, W]``, the garment.
    """
    mean = float(values[mask].mean())
    if mean >= _FAINTEST:
        return values
    room = (_FAINTEST - mean) / max(255.0 - mean, 1.0)
    return np.asarray(np.where(mask, values + room * (255.0 - values), values), np.float32)


def stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale so that the brightest pixel is 255, as in every picture of the data set."""
    top = float(values.max())
    return values * np.float32(255.0 / top) if top > 0 else values
