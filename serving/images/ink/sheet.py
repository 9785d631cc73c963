"""Cropping to the innermost ground of a mark: a sheet on a desk, a card on a page, a box, a plot."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from serving.images.ink.grounds import LEAST_AREA, RECTANGULAR, Ground, innermost_ground
from serving.images.ink.sizes import enlarged, thumbnail

_OPAQUE = 250
_INSET = 1
_BOX3 = np.ones((3, 3), np.uint8)


def crop_to_ground(
    plane: NDArray[np.uint8], alpha: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], bool]:
    """Crop a picture to the innermost ground that holds a mark, and enlarge a small result.

    Args:
        plane: uint8 ``[H, W]``.
        alpha: uint8 ``[H, W]``, 255 is opaque, or None.

    Returns:
        The plane, its thumbnail, and whether it was cropped. Around a ground that is not rectangular, the
        plane is filled with its tone.
    """
    opaque = None if alpha is None else _opaque_part(plane, alpha)
    plane = enlarged(plane if opaque is None else opaque)
    small = thumbnail(plane)
    ground = innermost_ground(small)
    if ground is None:
        return plane, small, opaque is not None
    part = enlarged(_cut(plane, small, ground))
    return part, thumbnail(part), True


def _opaque_part(plane: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the opaque part if it is a rectangle with a transparent margin or shadow, else None."""
    small, cover = thumbnail(plane), cv2.compare(thumbnail(alpha), _OPAQUE, cv2.CMP_GE)
    box = left, top, width, height = cv2.boundingRect(cover)
    if (width, height) == small.shape[::-1] or width * height < LEAST_AREA * small.size:
        return None
    zone = cover[top : top + height, left : left + width]
    if np.count_nonzero(zone) < RECTANGULAR * zone.size:
        return None
    return _cut(plane, small, Ground(zone, zone, box, 0))


def _cut(plane: NDArray[np.uint8], small: NDArray[np.uint8], ground: Ground) -> NDArray[np.uint8]:
    """Crop the full plane to a ground, and replace the pixels outside it by a smooth continuation."""
    left, top, width, height = ground.box
    down, across = plane.shape[0] / small.shape[0], plane.shape[1] / small.shape[1]
    y0, y1 = round(top * down), round((top + height) * down)
    x0, x1 = round(left * across), round((left + width) * across)
    part = plane[y0:y1, x0:x1]
    padded = cv2.copyMakeBorder(ground.filled, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inset = cv2.erode(padded, _BOX3, iterations=_INSET)[1:-1, 1:-1]
    shape = part.shape[::-1]
    inside = cv2.resize(inset, shape, interpolation=cv2.INTER_NEAREST).view(np.bool_)
    tones = cv2.resize(_continued(small[top : top + height, left : left + width], ground.zone), shape)
    return np.where(inside, part, tones)


def _continued(tones: NDArray[np.uint8], zone: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Spread the tones of a zone over its holes and surroundings."""
    weight = (zone > 0).astype(np.float32)
    reach = max(1.0, 0.15 * max(zone.shape))
    spread = cv2.GaussianBlur(tones * weight, (0, 0), reach) + np.float32(1e-3) * float(
        tones[zone > 0].mean()
    )
    return np.rint(spread / (cv2.GaussianBlur(weight, (0, 0), reach) + np.float32(1e-3))).astype(np.uint8)
