"""What is known of a named data set: labels, preparation, checksums, mirrors. Plain data, quick to import."""

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
    """One data set.

    Attributes:
        labels: class names in the order of the label numbers.
        recipe: how the gateway prepares a picture for a model trained on it.
        min_accuracy: the test accuracy under which the gate refuses unless told otherwise.
        other: the data set whose pictures are strangers to this one; empty for none.
        fingerprint: of training and test pictures in any order (``training.datasets.split.fingerprint``), by
            which it is recognised in another form; empty if it need not be.
        sha256: of the uncompressed IDX content, by file name; empty for a bundled data set.
        mirrors: addresses that hold the four files with ``.gz`` behind the name, tried in this order.
        keras_folder: where Keras keeps its copy below its ``datasets`` folder; ``.npz`` or a folder.
    """

    labels: tuple[str, ...]
    recipe: str
    min_accuracy: float
    other: str = ""
    fingerprint: tuple[str, str] = ("", "")
    sha256: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    keras_folder: str = ""
