"""The pictures to send: 64 of MNIST's test set as PNG, and some enlarged to photographs as JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.contract import normalise
from serving.images.plain_png import to_png
from training import datasets

PICTURES = 64
LARGE_PICTURES = 8
LARGE_SIDE = 1414
"""2.0 megapixels."""
_NOISE = 12.0


@dataclass(frozen=True)
class Picture:
    """A picture file.

    Attributes:
        data: its content.
        kind: its media type.
        label: the label that the model answers in process.
    """

    data: bytes
    kind: str
    label: str


@dataclass(frozen=True)
class Pictures:
    """The pictures to send: small ones (28x28, PNG) and large ones (2 megapixels, JPEG)."""

    small: list[Picture]
    large: list[Picture]


def make(saved_model: Path, data_dir: Path | None) -> Pictures:
    """Make all pictures, with the labels that the SavedModel answers in this process.

    Raises:
        TrainingError: if the data set is not available.
    """
    images = datasets.load("mnist", data_dir).test.images[:PICTURES]
    labels = _labels(saved_model, images)
    noise = np.random.default_rng(0)
    small = [Picture(to_png(image), "image/png", label) for image, label in zip(images, labels, strict=True)]
    large = [
        Picture(_jpeg(image, noise), "image/jpeg", label)
        for image, label in zip(images[:LARGE_PICTURES], labels, strict=False)
    ]
    return Pictures(small, large)


def newest(folder: Path) -> Path:
    """Return the newest version in a model's folder.

    Raises:
        SystemExit: if there is none.
    """
    versions = [entry for entry in folder.glob("*") if entry.name.isdigit()]
    if not versions:
        raise SystemExit(f"no version in {folder}; train one (make run) or name another --models-dir")
    return max(versions, key=lambda entry: int(entry.name))


def _labels(saved_model: Path, images: NDArray[np.uint8]) -> list[str]:
    import tensorflow as tf

    signatures = tf.saved_model.load(str(saved_model)).signatures
    inputs = tf.constant(normalise(images))
    names = signatures["describe"](images=inputs[:1])["labels"].numpy()[0]
    best = signatures["serving_default"](images=inputs)["probabilities"].numpy().argmax(axis=1)
    return [names[index].decode() for index in best]


def _jpeg(image: NDArray[np.uint8], random: np.random.Generator) -> bytes:
    """Enlarge a digit and add a camera's noise, so that the file is as large as a photograph."""
    large = Image.fromarray(image).resize((LARGE_SIDE, LARGE_SIDE), Image.Resampling.BICUBIC)
    noisy = np.asarray(large, np.float32)[..., None] + random.normal(0, _NOISE, (LARGE_SIDE, LARGE_SIDE, 3))
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
