"""The part that all peers share: Pillow to grey 28x28, the SavedModel with TensorFlow, label and probability.

The peers' servers import it in environments without this project's dependencies.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

MODEL_VARIABLE = "SAVED_MODEL"
THREADS_VARIABLE = "TENSORFLOW_THREADS"
SIDE = 28

Answer = dict[str, str | float]


def folder() -> Path:
    """Return the folder of the SavedModel to serve, from the environment."""
    return Path(os.environ[MODEL_VARIABLE])


def limit_threads() -> None:
    """Limit TensorFlow's threads per operation, from the environment; by default to one."""
    threads = int(os.environ.get(THREADS_VARIABLE, "1"))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


class Model:
    """The SavedModel, loaded and warmed up.

    Attributes:
        labels: its class names.
    """

    def __init__(self, saved_model: Path) -> None:
        limit_threads()
        self._loaded = tf.saved_model.load(str(saved_model))
        self._predict = self._loaded.signatures["serving_default"]
        self.labels = labels(self._loaded)
        for size in (1, 2, 4, 8, 16, 32, 64):
            self(np.zeros((size, SIDE, SIDE, 1), np.float32))

    def __call__(self, images: np.ndarray) -> list[Answer]:
        """Classify float32 ``[N, 28, 28, 1]``."""
        probabilities = self._predict(images=tf.constant(images))["probabilities"].numpy()
        return answers(probabilities, self.labels)


def labels(loaded: tf.Module) -> list[str]:
    """Return the class names, from the SavedModel's ``describe`` signature."""
    image = tf.zeros((1, SIDE, SIDE, 1))
    return [text.decode() for text in loaded.signatures["describe"](images=image)["labels"].numpy()[0]]


def answers(probabilities: np.ndarray, names: Sequence[str]) -> list[Answer]:
    """Return the most probable class of each row of float32 ``[N, K]``."""
    best = probabilities.argmax(axis=1)
    return [
        {"label": names[index], "probability": float(row[index])}
        for index, row in zip(best, probabilities, strict=True)
    ]


def decode(data: bytes) -> np.ndarray:
    """Decode a picture file to float32 ``[28, 28, 1]``, by the textbook preparation."""
    image = Image.open(io.BytesIO(data)).convert("L")
    if image.size != (SIDE, SIDE):
        image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32)[..., None] / np.float32(255)


def decode_all(encoded: Sequence[str]) -> np.ndarray:
    """Decode base64 picture files to float32 ``[N, 28, 28, 1]``."""
    return np.stack([decode(base64.b64decode(each)) for each in encoded])
