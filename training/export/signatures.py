"""The SavedModel and its two signatures, as ``serving.contract`` defines them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from serving.contract import (
    IMAGE_SHAPE,
    INPUT_IMAGES,
    OUTPUT_CARD,
    OUTPUT_LABELS,
    OUTPUT_OOD_SCORE,
    OUTPUT_PROBABILITIES,
    SIGNATURE_DESCRIBE,
    SIGNATURE_PREDICT,
    Card,
)
from training.ood import Density, log_odds


@dataclass(frozen=True)
class ServingModule:
    """The computation of a version.

    Attributes:
        model: images ``[N, 28, 28, 1]`` -> logits ``[N, K]`` or ``[N, K + 1]``, features ``[N, D]``.
        temperature: the logits are divided by it.
        density: the density of the features of known pictures; None if the net has a class for strangers.
        classes: K, the number of known classes.
    """

    model: keras.Model
    temperature: float
    density: Density | None
    classes: int

    def predict(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Compute the outputs of ``serving_default``, as graph code.

        Args:
            images: float32 ``[N, 28, 28, 1]``, 0..1.

        Returns:
            The probabilities float32 ``[N, K]`` and the ``ood_score`` float32 ``[N]``, by output name.
        """
        logits, features = self.model(_guarded(images), training=False)
        logits, features = tf.cast(logits, tf.float32), tf.cast(features, tf.float32)
        return {
            OUTPUT_PROBABILITIES: tf.nn.softmax(logits[:, : self.classes] / self.temperature),
            OUTPUT_OOD_SCORE: self.score(logits, features),
        }

    def score(self, logits: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
        """Compute ``ood_score``, float32 ``[N]``, as graph code; higher means stranger."""
        return log_odds(logits, self.classes) if self.density is None else self.density.score(features)


def write(servable: ServingModule, card: Card, folder: Path) -> None:
    """Write the SavedModel into a folder.

    Raises:
        tf.errors.OpError: if TensorFlow cannot write its files.
    """
    # ExportArchive tracks the Keras variables; saving a plain tf.Module would lose them.
    archive = keras.export.ExportArchive()
    archive.track(servable.model)
    images = tf.TensorSpec([None, *IMAGE_SHAPE], tf.float32, name=INPUT_IMAGES)
    archive.add_endpoint(SIGNATURE_PREDICT, servable.predict, input_signature=[images])
    archive.add_endpoint(SIGNATURE_DESCRIBE, _describe(card), input_signature=[images])
    archive.write_out(str(folder), verbose=False)


def _describe(card: Card):  # type: ignore[no-untyped-def]  # noqa: ANN202 - ExportArchive reads the bare function
    text, labels = card.to_json(), list(card.labels)

    def describe(images: tf.Tensor) -> dict[str, tf.Tensor]:
        count = tf.shape(_guarded(images))[0]
        return {
            OUTPUT_LABELS: tf.tile([tf.constant(labels)], [count, 1]),
            OUTPUT_CARD: tf.fill([count], tf.constant(text)),
        }

    return describe


def _guarded(images: tf.Tensor) -> tf.Tensor:
    """Refuse any other shape; without this check, an input of wrong rank crashes TensorFlow Serving."""
    return tf.ensure_shape(images, [None, *IMAGE_SHAPE])
