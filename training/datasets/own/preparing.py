"""From pictures as they were found to 28x28, through the code that prepares uploads in the gateway."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from serving.contract import IMAGE_SIDE
from serving.errors import ServiceError
from serving.images import Limits, Picture, Prepared, decode, detail_of, prepare
from training.datasets.own.found import Item
from training.datasets.split import Pixels

SMALLEST_SIDE = 8
"""In pixels; UCI's digits have 8."""
_CHUNK = 64
_FAINTEST = 16
"""How far lightest and darkest must be apart, of 255, where the recipe takes any picture."""


@dataclass(frozen=True)
class Rejected:
    """A picture that no model can be trained on.

    Attributes:
        name: where it lies in the data set.
        reason: what is wrong with it.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Usable:
    """The pictures that are left.

    Attributes:
        images: uint8 ``[N, 28, 28]``.
        items: N, in the same order.
        warned: how many the recipe had a warning about, such as that it took one of several marks.
    """

    images: Pixels
    items: tuple[Item, ...]
    warned: int = 0


def prepare_all(items: Sequence[Item], recipe: str) -> tuple[Usable, list[Rejected]]:
    """Prepare every picture; those that cannot be are named with the reason.

    Args:
        items: as they were found.
        recipe: one of ``serving.contract.RECIPES``.
    """
    # Decoding and OpenCV's work run outside of the interpreter's lock.
    chunks = [items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = [each for chunk in pool.map(partial(_prepare, recipe=recipe), chunks) for each in chunk]
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
    """SHA-256 of prepared pixels."""
    return hashlib.sha256(pixels.tobytes()).digest()


def _prepare(items: Sequence[Item], recipe: str) -> list[Prepared | str]:
    return [_prepared(item, recipe) for item in items]


def _prepared(item: Item, recipe: str) -> Prepared | str:
    """The picture prepared, or why it cannot be."""
    try:
        picture = _decoded(item, recipe)
        if min(picture.grey.shape) < SMALLEST_SIDE:
            return f"too small: {picture.grey.shape[1]}x{picture.grey.shape[0]} pixels"
        found = prepare(picture, recipe)
    except ServiceError as error:
        return error.detail
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if int(found.pixels.max()) - int(found.pixels.min()) < _FAINTEST:
        return "blank: nothing on it stands out"
    return found


def _decoded(item: Item, recipe: str) -> Picture:
    if isinstance(item.source, np.ndarray) and item.source.ndim == 2:
        return Picture(item.source)  # what a grey PNG decodes to
    return decode(item.content(), Limits(), detail=detail_of(recipe))
