"""Removal of the printed lines of ruled and squared paper.

A printed line is thin, nearly straight, and runs from one border of the picture to the other. No stroke of a
digit is all of this. Lines of all positions and slopes are searched, as in a Radon transform. What counts is
not the sum along a line, but how much of it shows a thin ridge: a short dark stroke is no long faint line.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.background import BLACK

_STRIPS = 32
_STEEPEST = 0.25
_FAINTEST = 0.03 * BLACK
_THICKEST = 0.022
_GIVE = 0.007
_SEEN, _SHOWN = 0.75, 0.45
_DARKER = 1.4
_LEAST_SIDE, _SMALL = 120, 200
_APART = 0.05

Strips = NDArray[np.float32]
"""float32 ``[strips, H]``: the picture averaged over vertical strips, one row per strip."""


def without_ruled_lines(dark: NDArray[np.uint8], noise: float) -> tuple[NDArray[np.uint8], bool]:
    """Remove printed lines, horizontal and vertical.

    Args:
        dark: uint8 ``[H, W]``, the darkness of ink and lines, from 0 (paper) to ``BLACK``.
        noise: standard deviation of the paper's grain, in the same unit.

    Returns:
        The darkness without lines, and whether there were any.
    """
    if min(dark.shape) < _LEAST_SIDE:
        return dark, False
    across = _without_horizontal(dark, noise)
    both = _without_horizontal(across.T, noise).T
    if np.shares_memory(both, dark):
        return dark, False
    return np.ascontiguousarray(both), True


def _without_horizontal(dark: NDArray[np.uint8], noise: float) -> NDArray[np.uint8]:
    """Remove horizontal lines; returns ``dark`` itself if there are none."""
    height, width = dark.shape
    wide = width // _STRIPS
    faintest = max(_FAINTEST, 3.0 * noise / np.sqrt(wide))
    if not _starts_and_ends(dark, wide, faintest):
        return dark
    strips = _strips(dark)
    seen, lines = _lines(strips, wide, faintest)
    if not lines or (min(dark.shape) < _SMALL and not _are_several(lines, height)):
        return dark
    band = 2 * max(2, height // 200) + 1
    level = np.where(seen, _levels(_peaks(dark, wide, band), lines), np.float32(0))
    level = cv2.dilate(level, np.ones((1, band), np.uint8))
    spread = level[np.minimum(np.arange(width) // wide, _STRIPS - 1)].T
    printed = (spread > 0) & (dark < _DARKER * spread + 2.0 * noise)
    bare = np.where(printed, np.uint8(0), dark)
    tall = np.ones((2 * band + 1, 1), np.uint8)
    bridged = cv2.morphologyEx(bare, cv2.MORPH_CLOSE, tall, borderType=cv2.BORDER_REPLICATE)
    return np.where(printed, bridged, dark)


def _are_several(lines: list[NDArray[np.intp]], height: int) -> bool:
    """Return whether there are several lines: on a small picture, a single one may be the stem of a 4."""
    rows = np.sort([line[_STRIPS // 2] for line in lines])
    return bool((np.diff(rows) > _APART * height).any())


def _starts_and_ends(dark: NDArray[np.uint8], wide: int, faintest: float) -> bool:
    """Return whether there is a thin ridge at both the left and the right border, as on few pictures."""
    last = wide * (_STRIPS - 1)
    return all(
        (_ridges(_strips(dark[:, start : start + wide], 1))[0] > faintest).any()
        or (_ridges(_strips(dark[:, inner : inner + wide], 1))[0] > faintest).any()
        for start, inner in ((0, wide), (last, last - wide))
    )


def _ridges(strips: Strips) -> Strips:
    """Return the dark places that are no thicker than a printed line; 0 elsewhere."""
    height = strips.shape[1]
    thickest = max(5, round(_THICKEST * height))
    long = np.ones((1, thickest), np.uint8)
    return strips - cv2.morphologyEx(strips, cv2.MORPH_OPEN, long, borderType=cv2.BORDER_REPLICATE)


def _strips(dark: NDArray[np.uint8], count: int = _STRIPS) -> Strips:
    """Average over vertical strips of equal width."""
    wide = dark.shape[1] // count
    whole = dark[:, : wide * count].astype(np.float32)
    means = cv2.resize(whole, (count, dark.shape[0]), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(means.reshape(dark.shape[0], count).T)


def _peaks(dark: NDArray[np.uint8], wide: int, band: int) -> Strips:
    """Return the typical darkness of the darkest pixel nearby in each strip; an average would be too low."""
    height = dark.shape[0]
    step = max(1, wide // 8)
    some = np.ascontiguousarray(dark[:, : wide * _STRIPS].reshape(height, _STRIPS, wide)[:, :, ::step])
    tall = np.ones((band, 1), np.uint8)
    some = cv2.dilate(some.reshape(height, -1), tall).reshape(some.shape)
    peaks: Strips = np.median(some, axis=2).T.astype(np.float32)
    return peaks


def _lines(strips: Strips, wide: int, faintest: float) -> tuple[NDArray[np.bool_], list[NDArray[np.intp]]]:
    """Return where there are thin ridges, bool ``[strips, H]``, and the row of each line in every strip."""
    height = strips.shape[1]
    ridges = _ridges(strips)
    thick = strips - ridges
    give = max(1, round(_GIVE * height))
    seen = cv2.dilate(ridges, np.ones((1, 2 * give + 1), np.uint8)) > faintest
    if not (seen[:2].any() and seen[-2:].any()):
        return seen, []
    margin = int(_STEEPEST * wide * _STRIPS / 2) + 1
    # A stroke along a line hides it.
    padded = np.pad(seen | (thick > faintest), ((0, 0), (margin, margin))).view(np.uint8)
    bare = np.pad(seen, ((0, 0), (margin, margin))).view(np.uint8)
    strip = np.arange(_STRIPS)[:, None]
    lines = []
    for shifts in _slopes(wide, give):
        starts = shifts + margin
        rows = np.flatnonzero(_reaches_both_ends(bare, starts, height))
        for support, share in ((bare, _SHOWN), (padded, _SEEN)):
            along = support[strip, rows + starts[:, None]].sum(axis=0, dtype=np.uint8)
            rows = rows[along >= share * _STRIPS]
        lines.extend([row + shifts for row in rows])
    return seen, lines


def _reaches_both_ends(bare: NDArray[np.uint8], starts: NDArray[np.intp], height: int) -> NDArray[np.uint8]:
    """Return, for each line of one slope, whether it shows near both the left and the right border."""
    first, second, last, one_before = (
        bare[strip, starts[strip] : starts[strip] + height] for strip in (0, 1, -1, -2)
    )
    return (first | second) & (last | one_before)


def _levels(peaks: Strips, lines: list[NDArray[np.intp]]) -> Strips:
    """Return the darkness of the lines, the median along each, float32 ``[strips, H]``; 0 elsewhere."""
    levels = np.zeros_like(peaks)
    places = np.stack(lines)
    inside = (places >= 0) & (places < peaks.shape[1])
    strip = np.broadcast_to(np.arange(_STRIPS), places.shape)
    along = np.where(inside, peaks[strip, np.clip(places, 0, peaks.shape[1] - 1)], np.float32(np.inf))
    along.sort(axis=1)
    seen = inside.sum(axis=1)
    line = np.arange(len(places))
    medians = (along[line, (seen - 1) // 2] + along[line, seen // 2]) / 2
    at = strip[inside], places[inside]
    np.maximum.at(levels, at, np.broadcast_to(medians[:, None], places.shape)[inside])
    return levels


def _slopes(wide: int, give: int) -> list[NDArray[np.intp]]:
    """Return, for each slope, the vertical offset of a line in each strip, relative to the middle."""
    count = int(2 * _STEEPEST * wide * _STRIPS / (3 * give)) | 1
    from_middle = wide * (np.arange(_STRIPS) - (_STRIPS - 1) / 2)
    slopes = np.linspace(-_STEEPEST, _STEEPEST, count)
    return [np.rint(slope * from_middle).astype(np.intp) for slope in slopes]
