"""The plane of a picture with the most contrast between ink and background, stretched to the full range."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.errors import UnusableImage
from serving.images.picture import Picture

BLANK = "There is no digit to be seen: the picture is blank. Draw or photograph one with more contrast."
NO_MARK = (
    "There is no digit to be seen: nothing on the picture stands out as a stroke. "
    "Draw or photograph one larger, on a plain ground."
)

FULL_RANGE = 128
"""Planes with a smaller range of tones than this are stretched."""

_LEAST_RANGE = 4
_SAMPLES = 10_000
_MOSTLY_COLOUR = 0.25
_MARGIN = 2.0
_ONE_TONE = 48
_OPAQUE = 128


def contrast_plane(picture: Picture) -> tuple[NDArray[np.uint8], list[str]]:
    """Choose and stretch the plane that shows the ink best.

    Args:
        picture: a decoded picture.

    Returns:
        The plane, uint8 ``[H, W]``, and the steps done.

    Raises:
        UnusableImage: if the picture is blank.
    """
    plane, steps = _chosen(picture)
    low, high, _, _ = cv2.minMaxLoc(plane)
    if high - low < _LEAST_RANGE:
        raise UnusableImage(BLANK)
    if high - low < FULL_RANGE:
        table = np.clip((np.arange(256) - low) * (255.0 / (high - low)), 0, 255)
        plane = cv2.LUT(plane, np.rint(table).astype(np.uint8))
        steps.append("stretched to its tones")
    return plane, steps


def _chosen(picture: Picture) -> tuple[NDArray[np.uint8], list[str]]:
    """Choose opacity if only opacity differs, colour if luminance hardly differs, else luminance."""
    if picture.alpha is not None and _is_stencil(picture.grey, picture.alpha):
        return cv2.bitwise_not(picture.alpha), []
    if picture.rgb is not None:
        axis = _colour_axis(picture.rgb, picture.grey)
        if axis is not None:
            return _project(picture.rgb, axis), ["by colour"]
    return picture.grey, []


def _is_stencil(grey: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> bool:
    """Return whether the opaque pixels have a single tone, so that only alpha shows the drawing."""
    opaque = grey[alpha >= _OPAQUE]
    return not opaque.size or int(np.ptp(opaque)) < _ONE_TONE


def _colour_axis(rgb: NDArray[np.uint8], grey: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Return the principal axis of the colours, or None if luminance shows the differences as well."""
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / _SAMPLES) ** 0.5))
    some = np.ascontiguousarray(rgb[::step, ::step])
    if _is_plainly_luminance(some, np.ascontiguousarray(grey[::step, ::step])):
        return None
    colours = some.reshape(-1, 3).astype(np.float64)
    covariance = np.cov(colours, rowvar=False) if len(colours) > 1 else np.zeros((3, 3))
    variances, axes = np.linalg.eigh(covariance)
    luma = np.array([0.299, 0.587, 0.114])
    if luma @ covariance @ luma >= _MOSTLY_COLOUR**2 * variances[-1]:
        return None
    return np.asarray(axes[:, -1])


def _is_plainly_luminance(rgb: NDArray[np.uint8], grey: NDArray[np.uint8]) -> bool:
    """Return whether luminance varies so much that the principal axis need not be computed.

    No axis has more variance than all channels together. The margin allows for the rounding of grey levels.
    """
    deviations = cv2.meanStdDev(rgb)[1]
    luminance = float(cv2.meanStdDev(grey)[1][0, 0]) - _MARGIN
    return luminance > 0 and luminance**2 >= 2.0 * _MOSTLY_COLOUR**2 * float((deviations**2).sum())


def _project(rgb: NDArray[np.uint8], axis: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Project the colours onto an axis and scale their range to 0..255; the sign is arbitrary."""
    along = cv2.transform(rgb.astype(np.float32), axis[None])
    low, high = float(along.min()), float(along.max())
    scale = 255.0 / max(high - low, 1e-6)
    return cv2.convertScaleAbs(along - np.float32(low), alpha=scale)
