"""Preparation of own pictures, with the code that prepares uploads in the gateway."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from serving.contract import IMAGE_SIDE
from serving.errors import ServiceError, TooLarge
from serving.images import Limits, Picture, Prepared, decode, detail_of, prepare
from training.datasets.own.found import Item
from training.datasets.split import Pixels

SMALLEST_SIDE = 8
"""The shortest side of a usable picture, in pixels; the UCI digits have 8."""
_CHUNK = 64
_FAINTEST = 16
"""The least difference between the lightest and the darkest pixel, of 255."""


@dataclass(frozen=True)
class Rejected:
    """An unusable picture.

    Attributes:
        name: its place in the data set.
        reason: why it cannot be used.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Usable:
    """The usable pictures, prepared.

    Attributes:
        images: uint8 ``[N, 28, 28]``.
        items: the N pictures as they were found, in the same order.
        warned: number of pictures with a warning from the recipe, such as that it kept one of several marks.
    """

    images: Pixels
    items: tuple[Item, ...]
    warned: int = 0


def prepare_all(
    items: Sequence[Item], recipe: str, *, uploads: bool = False
) -> tuple[Usable, list[Rejected]]:
    """Prepare all pictures, in parallel.

    Args:
        items: the pictures as they were found.
        recipe: one of ``serving.contract.RECIPES``.
        uploads: whether all pictures that the gateway accepts are usable, however small or faint.

    Returns:
        The usable pictures, and the unusable ones with the reasons.
    """
    # Threads suffice: decoding and OpenCV release the interpreter's lock.
    chunks = [items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = [
            each
            for chunk in pool.map(partial(_prepare, recipe=recipe, uploads=uploads), chunks)
            for each in chunk
        ]
    kept: list[tuple[Item, Prepared]] = []
    rejected: list[Rejected] = []
    for item, result in zip(items, results, strict=True):
        if isinstance(result, str):
            rejected.append(Rejected(item.name, result))
        else:
            kept.append((item, result))
    pixels = [result.pixels for _, result in kept]
    images = np.stack(pixels) if pixels else np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    warned = sum(bool(result.warnings) for _, result in kept)
    return Usable(images, tuple(item for item, _ in kept), warned), rejected


def digest(pixels: Pixels) -> bytes:
    """Return the SHA-256 of prepared pixels."""
    return hashlib.sha256(pixels.tobytes()).digest()


def _prepare(items: Sequence[Item], recipe: str, uploads: bool) -> list[Prepared | str]:
    return [_prepared(item, recipe, uploads) for item in items]


def _prepared(item: Item, recipe: str, uploads: bool) -> Prepared | str:
    """Prepare a picture, or return the reason why it cannot be used."""
    try:
        picture = _decoded(item, recipe)
        if min(picture.grey.shape) < SMALLEST_SIDE and not uploads:
            return f"too small: {picture.grey.shape[1]}x{picture.grey.shape[0]} pixels"
        found = prepare(picture, recipe)
    except ServiceError as error:
        return error.detail
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if int(found.pixels.max()) - int(found.pixels.min()) < _FAINTEST and not uploads:
        return "blank: nothing stands out from the background"
    return found


def _decoded(item: Item, recipe: str) -> Picture:
    if isinstance(item.source, np.ndarray) and item.source.ndim == 2:
        return Picture(item.source)  # the same as decoding a grey PNG
    limits = Limits()
    if isinstance(item.source, Path) and (size := item.source.stat().st_size) > limits.max_bytes:
        raise TooLarge(f"The file has {size:,} bytes; {limits.max_bytes:,} are allowed. Send a smaller one.")
    return decode(item.content(), limits, detail=detail_of(recipe))
