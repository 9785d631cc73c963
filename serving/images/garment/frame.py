"""The frame of the data set: longest side 28, sharpened, centred in 28x28."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import IMAGE_SIDE


def bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns of the box around a mask.

    Raises:
        ValueError: if the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        raise ValueError("an empty mask has no bounds")
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def is_framed(place: tuple[slice, slice], shape: tuple[int, ...]) -> bool:
    """Return whether a square picture is filled as in the data set, up to a pixel of 28 on each side.

    Args:
        place: rows and columns of the garment.
        shape: height and width of the picture.
    """
    longest = max(place[0].stop - place[0].start, place[1].stop - place[1].start)
    return shape[0] == shape[1] and longest * IMAGE_SIDE >= (IMAGE_SIDE - 2) * shape[0]


def fit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Resize a plane, float32 ``[H, W]``, so that its longer side is 28 pixels, keeping the proportions."""
    rows, columns = values.shape
    scale = IMAGE_SIDE / max(rows, columns)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    if size == (columns, rows):
        return values
    small = Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.LANCZOS)
    return np.clip(np.asarray(small, np.float32), np.float32(0), np.float32(255))


def sharpen(values: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Sharpen by an unsharp mask with a Gaussian of standard deviation 1 pixel (Xiao et al. 2017)."""
    soft = cv2.GaussianBlur(values, (3, 3), 1.0, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(values + amount * (values - soft), 0, 255), np.float32)


def centre(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Put a plane of at most 28x28 in the middle of a black uint8 ``[28, 28]``."""
    frame = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    top, left = (IMAGE_SIDE - values.shape[0]) // 2, (IMAGE_SIDE - values.shape[1]) // 2
    frame[top : top + values.shape[0], left : left + values.shape[1]] = np.rint(values)
    return frame
