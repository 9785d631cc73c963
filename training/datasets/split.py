"""Pictures with their labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Labels = NDArray[np.unsignedinteger[Any]]
"""Class numbers: uint8 ``[N]``, uint16 where there are more than 255 classes."""


@dataclass(frozen=True)
class Split:
    """Pictures with their labels.

    Attributes:
        images: uint8 ``[N, 28, 28]``, white on black.
        labels: uint8 or uint16 ``[N]``.
        weights: float32 ``[N]``, what each picture counts in the loss; None counts all alike.
    """

    images: Pixels
    labels: Labels
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, index: NDArray[np.int64] | slice) -> Split:
        """The part at these positions."""
        weights = None if self.weights is None else self.weights[index]
        return Split(self.images[index], self.labels[index], weights)

    def followed_by(self, other: Split) -> Split:
        """Both, one behind the other; the labels keep the type of the first."""
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate([self.all_weights(), other.all_weights()])
        labels = np.concatenate([self.labels, other.labels.astype(self.labels.dtype)])
        return Split(np.concatenate([self.images, other.images]), labels, weights)

    def all_weights(self) -> NDArray[np.float32]:
        """The weights, 1 where none are given: float32 ``[N]``."""
        return np.ones(len(self), np.float32) if self.weights is None else self.weights


def label_type(classes: int) -> type[np.uint8] | type[np.uint16]:
    """The type that holds the numbers of so many classes and one for strangers."""
    return np.uint8 if classes <= np.iinfo(np.uint8).max else np.uint16


def fingerprint(*parts: Split) -> str:
    """A checksum of pictures and labels that does not depend on their order: 64 hexadecimal digits."""
    total = 0
    for part in parts:
        for image, label in zip(part.images, part.labels.tolist(), strict=True):
            content = label.to_bytes(2 if label > 255 else 1, "big") + image.tobytes()
            total += int.from_bytes(hashlib.sha256(content).digest(), "big")
    return f"{total % 2**256:064x}"
