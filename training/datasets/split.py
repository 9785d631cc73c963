"""A part of a data set: pictures with their labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Labels = NDArray[np.unsignedinteger[Any]]
"""Class numbers ``[N]``: uint8, or uint16 for more than 255 classes."""


@dataclass(frozen=True)
class Split:
    """Pictures with their labels.

    Attributes:
        images: uint8 ``[N, 28, 28]``, white on black.
        labels: uint8 or uint16 ``[N]``.
        weights: float32 ``[N]``, the weight of each picture in the loss; None for equal weights.
    """

    images: Pixels
    labels: Labels
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, index: NDArray[np.int64] | slice) -> Split:
        """Return the pictures at these positions."""
        weights = None if self.weights is None else self.weights[index]
        return Split(self.images[index], self.labels[index], weights)

    def followed_by(self, other: Split) -> Split:
        """Return this part followed by another; the labels keep this part's dtype."""
        weights = None
        if self.weights is not None or other.weights is not None:
            weights = np.concatenate([self.all_weights(), other.all_weights()])
        labels = np.concatenate([self.labels, other.labels.astype(self.labels.dtype)])
        return Split(np.concatenate([self.images, other.images]), labels, weights)

    def all_weights(self) -> NDArray[np.float32]:
        """Return the weights as float32 ``[N]``; 1 if there are none."""
        return np.ones(len(self), np.float32) if self.weights is None else self.weights


def label_type(classes: int) -> type[np.uint8] | type[np.uint16]:
    """Return the dtype for the numbers of ``classes`` classes and one more for strangers."""
    return np.uint8 if classes <= np.iinfo(np.uint8).max else np.uint16


def fingerprint(*parts: Split) -> str:
    """Return a checksum of pictures and labels that does not depend on their order: 64 hexadecimal digits."""
    total = 0
    for part in parts:
        for image, label in zip(part.images, part.labels.tolist(), strict=True):
            content = label.to_bytes(2 if label > 255 else 1, "big") + image.tobytes()
            total += int.from_bytes(hashlib.sha256(content).digest(), "big")
    return f"{total % 2**256:064x}"
