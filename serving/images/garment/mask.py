"""The mask of the garment: the pixels that differ from the background, without unrelated pieces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.garment.background import Background, ring
from serving.images.garment.components import close_gaps, main_pieces
from serving.images.garment.texture import separate

_LEAST, _MOST = 12.0, 40.0
_ROUGH_FROM = 6.0
_UNEVEN_BELOW = 0.6
_COVERS_BORDER = 0.25
_CUT_OUT = (0.02, 0.98)
_RECTANGLE = 0.985
_SIDE = np.ones((3, 3), np.uint8)


def find_garment(
    rgb: NDArray[np.float32],
    alpha: NDArray[np.bool_] | None,
    background: Background,
    skip: frozenset[str],
) -> tuple[NDArray[np.bool_], str]:
    """Separate the garment from its surroundings.

    Args:
        rgb: float32 ``[H, W, 3]``, 0..255.
        alpha: bool ``[H, W]``, the opaque pixels, or None.
        background: the background, estimated from the border.
        skip: steps to skip, of ``garment.STEPS``.

    Returns:
        The mask, bool ``[H, W]``, which is empty for a blank picture, and how it was found.
    """
    if alpha is not None and "alpha" not in skip and _is_cut_out(alpha):
        return alpha, "cut out by its transparency"
    if "background" in skip:
        return np.ones(rgb.shape[:2], np.bool_), "background kept"
    mask = _differing(background)
    how = "background removed"
    if "texture" not in skip and _border_is_a_scene(mask, background):
        mask, how = separate(rgb), "separated from a busy background"
    if "pieces" not in skip:
        mask = main_pieces(mask)
    return (mask if "gaps" in skip else close_gaps(mask)), how


def _is_cut_out(alpha: NDArray[np.bool_]) -> bool:
    """Return whether the opaque pixels outline an object, not a rectangular picture on a larger canvas."""
    if not _CUT_OUT[0] < alpha.mean() < _CUT_OUT[1]:
        return False
    rows, columns = alpha.any(axis=1).sum(), alpha.any(axis=0).sum()
    return bool(alpha.sum() < _RECTANGLE * rows * columns)


def _differing(background: Background) -> NDArray[np.bool_]:
    """Return the pixels that differ from the background by more than 5 % of the range or its own spread.

    On a rough background, single threads and grains are removed.
    """
    limit = min(max(_LEAST, 6.0 + 3.0 * background.spread), _MOST)
    mask = background.distance > limit
    if background.spread > _ROUGH_FROM:
        brushed = cv2.morphologyEx(
            mask.view(np.uint8), cv2.MORPH_OPEN, _SIDE, borderType=cv2.BORDER_CONSTANT, borderValue=0
        ).view(np.bool_)
        mask = brushed if brushed.any() else mask
    return mask


def _border_is_a_scene(mask: NDArray[np.bool_], background: Background) -> bool:
    """Return whether the border fits no surface, so that much of it would count as garment."""
    if background.share >= _UNEVEN_BELOW:
        return False
    return bool(main_pieces(mask)[ring(mask.shape)].mean() > _COVERS_BORDER)
