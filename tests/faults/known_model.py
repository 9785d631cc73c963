"""A model whose every answer is known: two kinds of it, which answer the same picture quite differently.

Odd versions are of one kind, even ones of the other. The kinds differ in weights, in the names of their
classes and in how they want pictures prepared, so that an answer made of parts of both shows itself.
"""

from __future__ import annotations

import io
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import RECIPE_GARMENT, RECIPE_INK, Card, Thresholds, normalise
from serving.images import Limits, decode, prepare

NAME = "known"
CLASSES = 10
TOLERANCE = 1e-5

Answer = dict[str, float]


def kind_of(version: int) -> int:
    """The kind of a version: 0 or 1."""
    return version % 2


def weights(kind: int) -> NDArray[np.float32]:
    """float32 ``[784, 10]``: logits of a kind are the pixels times these."""
    return np.random.default_rng(1000 + kind).normal(0.0, 0.12, (784, CLASSES)).astype(np.float32)


def card(kind: int) -> Card:
    """What a version of a kind says of itself."""
    names = "abcdefghij" if kind else "0123456789"
    recipe = RECIPE_GARMENT if kind else RECIPE_INK
    return Card("known", tuple(names), recipe, Thresholds(uncertain_below=0.0))


def probabilities(kind: int, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 ``[N, 28, 28, 1]`` -> float32 ``[N, 10]``."""
    logits = images.reshape(-1, 784) @ weights(kind)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


@lru_cache(maxsize=64)
def picture(number: int) -> bytes:
    """The PNG of a blotch, 28x28, white on black, framed as the data sets have it; one for every number."""
    random = np.random.default_rng(number)
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 8:20] = random.integers(60, 255, (20, 12))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels_of(png: bytes, kind: int) -> NDArray[np.float32]:
    """What a version of a kind sees of a picture: float32 ``[1, 28, 28, 1]``."""
    return normalise(prepare(decode(png, Limits()), card(kind).recipe).pixels)


@lru_cache(maxsize=256)
def expected(number: int, kind: int) -> NDArray[np.float32]:
    """The probabilities ``[10]`` that a kind gives ``picture(number)`` through ``:classify``."""
    row: NDArray[np.float32] = probabilities(kind, pixels_of(picture(number), kind))[0]
    return row


def differs(answer: Answer, number: int, kind: int) -> str:
    """How the probabilities by label of a picture differ from a kind's; empty when they do not."""
    if tuple(answer) != card(kind).labels:
        return f"the labels {''.join(answer)}"
    difference = float(np.abs(np.array(list(answer.values())) - expected(number, kind)).max())
    return "" if difference < TOLERANCE else f"probabilities off by {difference:.3g}"


def wrong(answer: Answer, number: int, version: int) -> str:
    """What is wrong with the probabilities by label that a version gave a picture; empty when nothing is."""
    found = differs(answer, number, kind_of(version))
    return f"version {version} answered {found}" if found else ""


def write_templates(folder: Path) -> None:
    """Write one SavedModel of each kind to ``folder/0`` and ``folder/1``, in a process of its own.

    TensorFlow stays out of this process: its threads and memory would be in every measurement.
    """
    command = [sys.executable, "-m", "tests.faults.known_model", str(folder)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)


def _write(kind: int, folder: Path) -> None:
    import tensorflow as tf

    from serving import contract

    module = tf.Module()
    module.weights = tf.Variable(weights(kind))
    text, labels = card(kind).to_json(), list(card(kind).labels)
    images = tf.TensorSpec([None, *contract.IMAGE_SHAPE], tf.float32, name=contract.INPUT_IMAGES)

    @tf.function(input_signature=[images])
    def predict(images: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = tf.matmul(tf.reshape(images, [-1, 784]), module.weights)
        return {contract.OUTPUT_PROBABILITIES: tf.nn.softmax(logits)}

    @tf.function(input_signature=[images])
    def describe(images: tf.Tensor) -> dict[str, tf.Tensor]:
        count = tf.shape(images)[0]
        return {
            contract.OUTPUT_LABELS: tf.tile([tf.constant(labels)], [count, 1]),
            contract.OUTPUT_CARD: tf.fill([count], tf.constant(text)),
        }

    module.predict, module.describe = predict, describe
    signatures = {contract.SIGNATURE_PREDICT: predict, contract.SIGNATURE_DESCRIBE: describe}
    tf.saved_model.save(module, str(folder), signatures=signatures)


if __name__ == "__main__":
    for each in (0, 1):
        _write(each, Path(sys.argv[1]) / str(each))
