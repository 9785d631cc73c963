"""MNIST: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning", 1998."""

from serving.contract import RECIPE_INK
from training.datasets.entry import (
    DIGIT_LABELS,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Entry,
)

ENTRY = Entry(
    labels=DIGIT_LABELS,
    recipe=RECIPE_INK,
    min_accuracy=0.985,
    other="fashion_mnist",
    fingerprint=(
        "9d8eeba6bf9c8b67238f298efb7b4969b9a114a57d5a1965da59bfa8dde274b6",
        "b95ed1a0c48880c2c7e38b95f5accd69208dd0debd35518bac49cdbcd676aab9",
    ),
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
)
