"""The printed lines of ruled and squared paper, told from ink and taken away.

A printed line is thin and nearly straight and runs from one border of the picture to the other; no stroke of
a digit does all of this. Lines are sought among all places and slopes (a Radon transform that takes the lower
quartile along each line instead of the sum, so that no short dark stroke passes for a long faint line).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_STRIPS = 32
_STEEPEST = 0.25
_FAINTEST = 0.03
_THICKEST = 0.022
_DARKER = 1.4
_LEAST_SIDE = 200

Strips = NDArray[np.float32]
"""float32 ``[strips, H]``: the picture averaged over vertical strips, one row each."""


def without_rules(dark: NDArray[np.float32], noise: float) -> tuple[NDArray[np.float32], bool]:
    """Remove printed lines, horizontal and vertical.

    Args:
        dark: float32 ``[H, W]``, the darkness of ink over paper.
        noise: standard deviation of the paper's grain.

    Returns:
        The darkness without lines, and whether there were any.
    """
    if min(dark.shape) < _LEAST_SIDE:
        return dark, False
    across = _without_horizontal(dark, noise)
    upright = np.ascontiguousarray(across.T)
    both = _without_horizontal(upright, noise)
    if across is dark and both is upright:
        return dark, False
    return np.ascontiguousarray(both.T), True


def _without_horizontal(dark: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
    """Take away the horizontal lines; the same array when there are none."""
    height, width = dark.shape
    wide = width // _STRIPS
    strips = np.ascontiguousarray(dark[:, : wide * _STRIPS].reshape(height, _STRIPS, wide).mean(axis=2).T)
    band = 2 * max(2, height // 200) + 1
    level = _levels(strips, _peaks(dark, wide, band), wide, max(_FAINTEST, 3.0 * noise / np.sqrt(wide)))
    if not level.any():
        return dark
    level = ndimage.maximum_filter1d(level, band, axis=1)
    spread = level[np.minimum(np.arange(width) // wide, _STRIPS - 1)].T
    printed = (spread > 0) & (dark < _DARKER * spread + 2.0 * noise)
    bare = np.where(printed, np.float32(0), dark)
    bridged = ndimage.grey_closing(bare, size=(2 * band + 1, 1), mode="nearest")
    return np.where(printed, bridged, dark)


def _peaks(dark: NDArray[np.float32], wide: int, band: int) -> Strips:
    """How dark the darkest pixel nearby typically is in each strip, which averaging would understate."""
    some = np.ascontiguousarray(dark[:, : wide * _STRIPS : max(1, wide // 8)])
    peaks = ndimage.maximum_filter1d(some, band, axis=0)
    return np.median(peaks[:, : 8 * _STRIPS].reshape(dark.shape[0], _STRIPS, -1), axis=2).T


def _levels(strips: Strips, peaks: Strips, wide: int, faintest: float) -> Strips:
    """The darkness of the lines where they run, 0 elsewhere."""
    height = strips.shape[1]
    thickest = max(5, round(_THICKEST * height))
    ridges = strips - ndimage.grey_opening(strips, size=(1, thickest))
    give = max(1, round(0.004 * height))
    near = ndimage.maximum_filter1d(ridges, 2 * give + 1, axis=1)
    levels = np.zeros_like(strips)
    length = wide * _STRIPS
    count = int(2 * _STEEPEST * length / (3 * give)) | 1
    for slope in np.linspace(-_STEEPEST, _STEEPEST, count):
        shifts = np.rint(slope * wide * (np.arange(_STRIPS) - (_STRIPS - 1) / 2)).astype(np.intp)
        _add_lines(levels, near, peaks, shifts, faintest)
    return np.where(near > faintest, levels, np.float32(0))


def _add_lines(
    levels: Strips, near: Strips, peaks: Strips, shifts: NDArray[np.intp], faintest: float
) -> None:
    """Find the lines of one slope and write their darkness where they run."""
    height = near.shape[1]
    places = np.arange(height)[None, :] + shifts[:, None]
    inside = (places >= 0) & (places < height)
    places = places.clip(0, height - 1)
    values = np.take_along_axis(near, places, axis=1)
    values[~inside] = 0.0
    quartile = np.partition(values, _STRIPS // 4, axis=0)[_STRIPS // 4]
    for row in np.flatnonzero(quartile > faintest):
        strip = np.flatnonzero(inside[:, row])
        at = places[strip, row]
        level = np.float32(np.median(peaks[strip, at]))
        levels[strip, at] = np.maximum(levels[strip, at], level)
