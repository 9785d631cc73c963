"""The description of a named data set: labels, recipe, checksums, mirrors. Plain data, quick to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
IDX_FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

DIGIT_LABELS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Entry:
    """A named data set.

    Attributes:
        labels: class names in the order of the label numbers.
        recipe: the recipe by which the gateway prepares pictures for a model trained on it.
        min_accuracy: test accuracy that the gate requires by default, 0..1.
        other: name of the data set whose pictures are strangers to this one; empty for none.
        fingerprint: fingerprints of training and test pictures (``training.datasets.split.fingerprint``), by
            which the data set is recognised in any form; empty if it is not to be recognised.
        sha256: checksums of the uncompressed IDX content, by file name; empty for a bundled data set.
        mirrors: base addresses of the four files, whose names end in ``.gz`` there; tried in this order.
        keras_folder: Keras's copy in its ``datasets`` folder: an ``.npz`` file or a folder.
    """

    labels: tuple[str, ...]
    recipe: str
    min_accuracy: float
    other: str = ""
    fingerprint: tuple[str, str] = ("", "")
    sha256: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    keras_folder: str = ""
