"""Which pixels are the garment: what differs from the background, less what does not belong to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from serving.images.garment_background import Background

_LEAST, _MOST = 12.0, 40.0
_SIDE = np.ones((3, 3), np.bool_)


def differing(background: Background) -> NDArray[np.bool_]:
    """Pixels further from the background than 5 % of the range, or than its own scatter."""
    limit = min(max(_LEAST, 6.0 + 3.0 * background.spread), _MOST)
    return np.asarray(background.distance > limit)


def main_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest piece and those worth a tenth of it that are no strip along the border.

    Watermarks, captions and dust go; the second shoe of a pair stays.
    """
    labels, count = ndimage.label(mask, _SIDE)
    if count < 2:
        return mask
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    for index, place in enumerate(ndimage.find_objects(labels), start=1):
        if _is_strip(place, mask.shape):
            areas[index] = 0
    if not areas.any():
        return mask
    kept = areas >= 0.12 * areas.max()
    return np.asarray(kept[labels])


def _is_strip(place: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    """A band along one side of the picture, such as a caption or a frame."""
    heights = [(p.start, p.stop, n) for p, n in zip(place, shape, strict=True)]
    for (low, high, size), (start, stop, length) in (heights, heights[::-1]):
        if (low == 0 or high == size) and high - low < 0.15 * size and stop - start > 0.9 * length:
            return True
    return False


def close_gaps(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes too small to be the inside of a handle or a strap."""
    holes, count = ndimage.label(~mask)
    if count < 2:
        return mask
    areas = np.bincount(holes.ravel())
    small = areas < 0.004 * mask.sum()
    small[0] = False
    return np.asarray(mask | small[holes])
