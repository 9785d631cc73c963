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
_GIVE = 0.007
_SEEN = 0.75
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
    seen, lines = _lines(strips, wide, max(_FAINTEST, 3.0 * noise / np.sqrt(wide)))
    if not lines:
        return dark
    band = 2 * max(2, height // 200) + 1
    level = np.where(seen, _levels(_peaks(dark, wide, band), lines), np.float32(0))
    level = ndimage.maximum_filter1d(level, band, axis=1)
    spread = level[np.minimum(np.arange(width) // wide, _STRIPS - 1)].T
    printed = (spread > 0) & (dark < _DARKER * spread + 2.0 * noise)
    bare = np.where(printed, np.float32(0), dark)
    bridged = ndimage.grey_closing(bare, size=(2 * band + 1, 1), mode="nearest")
    return np.where(printed, bridged, dark)


def _peaks(dark: NDArray[np.float32], wide: int, band: int) -> Strips:
    """How dark the darkest pixel nearby typically is in each strip, which averaging would understate."""
    columns = dark[:, : wide * _STRIPS].reshape(dark.shape[0], _STRIPS, wide)
    some = ndimage.maximum_filter1d(columns[:, :, :: max(1, wide // 8)], band, axis=0)
    peaks: Strips = np.median(some, axis=2).T.astype(np.float32)
    return peaks


def _lines(strips: Strips, wide: int, faintest: float) -> tuple[NDArray[np.bool_], list[NDArray[np.intp]]]:
    """Where there is a thin ridge (bool ``[strips, H]``), and each line's row in every strip."""
    height = strips.shape[1]
    thickest = max(5, round(_THICKEST * height))
    ridges = strips - ndimage.grey_opening(strips, size=(1, thickest))
    give = max(1, round(_GIVE * height))
    seen = ndimage.maximum_filter1d(ridges, 2 * give + 1, axis=1) > faintest
    margin = int(_STEEPEST * wide * _STRIPS / 2) + 1
    padded = np.pad(seen, ((0, 0), (margin, margin))).ravel()
    starts = (np.arange(_STRIPS) * (height + 2 * margin) + margin)[:, None] + np.arange(height)[None, :]
    lines = []
    for shifts in _slopes(wide, give):
        places = np.take(padded, starts + shifts[:, None])
        both_ends = places[:2].any(axis=0) & places[-2:].any(axis=0)
        rows = np.flatnonzero(both_ends & (places.sum(axis=0) >= _SEEN * _STRIPS))
        lines.extend([row + shifts for row in rows])
    return seen, lines


def _levels(peaks: Strips, lines: list[NDArray[np.intp]]) -> Strips:
    """The darkness of each line, the median along it, where it runs; 0 elsewhere."""
    levels = np.zeros_like(peaks)
    for places in lines:
        strip = np.flatnonzero((places >= 0) & (places < peaks.shape[1]))
        at = places[strip]
        levels[strip, at] = np.maximum(levels[strip, at], np.float32(np.median(peaks[strip, at])))
    return levels


def _slopes(wide: int, give: int) -> list[NDArray[np.intp]]:
    """For each slope, how far a line has risen or fallen in each strip, from the middle."""
    count = int(2 * _STEEPEST * wide * _STRIPS / (3 * give)) | 1
    from_middle = wide * (np.arange(_STRIPS) - (_STRIPS - 1) / 2)
    slopes = np.linspace(-_STEEPEST, _STEEPEST, count)
    return [np.rint(slope * from_middle).astype(np.intp) for slope in slopes]
