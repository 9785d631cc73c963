"""The data sets by name: labels, preparation, checksums, mirrors. Plain data, quick to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from serving.contract import RECIPE_GARMENT, RECIPE_INK

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
IDX_FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

DIGIT_LABELS = tuple(str(digit) for digit in range(10))
GARMENT_LABELS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One data set.

    Attributes:
        labels: class names in the order of the label numbers.
        recipe: how the gateway prepares a picture for a model trained on it.
        min_accuracy: the test accuracy under which the gate refuses unless told otherwise.
        sha256: of the uncompressed IDX content, by file name; empty for a bundled data set.
        mirrors: addresses that hold the four files with ``.gz`` behind the name, tried in this order.
        other: the data set whose pictures are strangers to this one.
        keras_folder: where Keras keeps its copy below its ``datasets`` folder; ``.npz`` or a folder.
    """

    labels: tuple[str, ...]
    recipe: str
    min_accuracy: float
    other: str
    sha256: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    keras_folder: str = ""


CATALOGUE: Mapping[str, Entry] = {
    "mnist": Entry(
        labels=DIGIT_LABELS,
        recipe=RECIPE_INK,
        min_accuracy=0.985,
        other="fashion_mnist",
        sha256={
            TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        keras_folder="mnist.npz",
    ),
    "fashion_mnist": Entry(
        labels=GARMENT_LABELS,
        recipe=RECIPE_GARMENT,
        min_accuracy=0.90,
        other="mnist",
        sha256={
            TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        keras_folder="fashion-mnist",
    ),
    "digits": Entry(labels=DIGIT_LABELS, recipe=RECIPE_INK, min_accuracy=0.95, other="fashion_mnist"),
}
