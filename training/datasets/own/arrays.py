"""Pictures and labels in arrays, checked and turned into items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.datasets.own.found import Item
from training.errors import BadDataset


def items(part: str, images: NDArray[Any], labels: Sequence[str]) -> list[Item]:
    """Turn each picture of an array into an item.

    Args:
        part: ``train``, ``validation`` or ``test``.
        images: ``[N, H, W]``, ``[N, H, W, 1]``, ``[N, H, W, 3]`` or, for square pictures, ``[N, pixels]``;
            whole numbers 0..255 or fractions 0..1.
        labels: N class names.

    Raises:
        BadDataset: if the array has another shape, type or length.
    """
    pixels = _as_bytes(part, _as_pictures(part, images))
    if len(pixels) != len(labels):
        raise BadDataset(f"{part} has {len(pixels):,} pictures and {len(labels):,} labels")
    return [Item(f"{part} row {row}", label, pixels[row]) for row, label in enumerate(labels)]


def names(labels: NDArray[Any], known: tuple[str, ...] | None, part: str) -> list[str]:
    """Convert labels to class names.

    Args:
        labels: ``[N]`` or ``[N, 1]``, whole numbers or text.
        known: the class names that the numbers index, from 0; None takes the numbers as names.
        part: ``train``, ``validation`` or ``test``, for the error message.

    Raises:
        BadDataset: if the labels have another form, or a number has no class name.
    """
    flat = labels.reshape(-1) if labels.ndim > 1 and labels.size == len(labels) else labels
    if flat.ndim != 1 or flat.dtype.kind not in "iufUSO":
        raise BadDataset(f"the labels of {part} must be one number or text per picture, not {labels.shape}")
    if flat.dtype.kind == "f" and not (np.isfinite(flat).all() and np.array_equal(flat, np.rint(flat))):
        raise BadDataset(f"the labels of {part} must be whole numbers or text")
    if flat.dtype.kind in "iuf":
        numbers = flat.astype(np.int64)
        if known is None:
            return [str(number) for number in numbers.tolist()]
        if (unnamed := numbers[(numbers < 0) | (numbers >= len(known))]).size:
            raise BadDataset(
                f"{part} has the label {int(unnamed[0])}, but the {len(known)} class names are those of the "
                f"labels 0 to {len(known) - 1}"
            )
        return [known[number] for number in numbers.tolist()]
    try:
        return [each.decode() if isinstance(each, bytes) else str(each) for each in flat.tolist()]
    except UnicodeDecodeError as error:
        raise BadDataset(f"the labels of {part} must be UTF-8 text: {error}") from error


def _as_pictures(part: str, images: NDArray[Any]) -> NDArray[Any]:
    if images.ndim == 2:
        side = round(float(np.sqrt(images.shape[1])))
        if side * side != images.shape[1]:
            raise BadDataset(f"{part} has {images.shape[1]} pixels per row, which is not a square picture")
        return images.reshape(-1, side, side)
    if images.ndim == 4 and images.shape[3] == 1:
        return images[..., 0]
    if images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3):
        return images
    raise BadDataset(
        f"the pictures of {part} have the shape {images.shape}; expected (N, H, W) or (N, H, W, 3)"
    )


def _as_bytes(part: str, images: NDArray[Any]) -> NDArray[np.uint8]:
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "iufb" or not np.isfinite(images).all():
        raise BadDataset(f"the pictures of {part} must be numbers, not {images.dtype}")
    lowest, highest = (float(images.min()), float(images.max())) if images.size else (0.0, 0.0)
    if lowest < 0 or highest > 255:
        raise BadDataset(f"the pixels of {part} must be 0 to 255 or 0 to 1, not {lowest:g} to {highest:g}")
    if images.dtype.kind in "fb" and highest <= 1:
        return np.asarray(np.rint(images.astype(np.float64) * 255), np.uint8)
    return np.asarray(np.rint(images), np.uint8)
