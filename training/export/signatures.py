"""The SavedModel with its two signatures, as ``serving.contract`` describes them."""

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
    """What a version computes.

    Attributes:
        model: images -> (logits ``[N, K]`` or ``[N, K + 1]``, features ``[N, D]``).
        temperature: that the logits are divided by.
        density: of the features of known pictures; None for a net that has a class for strangers.
        classes: K, the known ones.
    """

    model: keras.Model
    temperature: float
    density: Density | None
    classes: int

    def predict(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Graph code of ``serving_default``."""
        logits, features = self.model(_guarded(images), training=False)
        logits, features = tf.cast(logits, tf.float32), tf.cast(features, tf.float32)
        return {
            OUTPUT_PROBABILITIES: tf.nn.softmax(logits[:, : self.classes] / self.temperature),
            OUTPUT_OOD_SCORE: self.score(logits, features),
        }

    def score(self, logits: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
        """Graph code: how strange the pictures are, float32 ``[N]``."""
        return log_odds(logits, self.classes) if self.density is None else self.density.score(features)


def write(servable: ServingModule, card: Card, folder: Path) -> None:
    """Write the SavedModel into a folder."""
    # ExportArchive tracks the Keras variables; tf.saved_model.save of a plain tf.Module would lose them.
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
    """Refuse any other shape: without this a wrong rank ends TensorFlow Serving as a whole."""
    return tf.ensure_shape(images, [None, *IMAGE_SHAPE])
