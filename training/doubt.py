"""From a fitted model to one that knows its limits: temperature, strangeness, thresholds.

Everything is fitted on training and validation data; the test set has no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import Thresholds
from training import calibration, ood
from training.augmentation import Augment, augmenter
from training.datasets import Dataset
from training.evaluation.metrics import calibration_error
from training.export.signatures import Servable
from training.mirrored import both_ways
from training.predict import Forward

_DENSITY_PICTURES = 20_000


@dataclass(frozen=True)
class Doubt:
    """The model with its doubt.

    Attributes:
        servable: what is exported.
        thresholds: where doubt begins.
        error_before: calibration error on validation data before the temperature.
        error_after: and with it.
        probabilities: float32 ``[N, K]``, of the validation pictures.
        scores: float32 ``[N]``, of the validation pictures.
    """

    servable: Servable
    thresholds: Thresholds
    error_before: float
    error_after: float
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]

    def unscaled(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """What scaled probabilities ``[N, K]`` were before the temperature."""
        logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) * self.servable.temperature
        return calibration.probabilities(logits, 1.0)


def fit(
    model: keras.Sequential, data: Dataset, augmentation: str, seed: int, *, mirrored: bool = False
) -> Doubt:
    """Fit temperature, density and thresholds of a trained model.

    Args:
        model: trained, gives logits.
        data: its training and validation parts are used.
        augmentation: that the model was trained with.
        seed: of the augmentation here.
        mirrored: whether the served model averages over a picture and its mirror image.

    What is merely drawn a little differently is not strange, and is harder to be sure of, as uploads are. So
    half of the pictures are augmented: as training saw them. Where it saw them only as they are, those for
    the density are augmented lightly and those for the temperature not at all.
    """
    classes = len(data.labels)
    augment = augmenter(data.name, "light" if augmentation == "none" else augmentation)
    tapped = ood.instrumented(model)
    tapped = both_ways(tapped) if mirrored else tapped
    answers = Forward(lambda images: tapped(images, training=False)[0])
    features = Forward(lambda images: tapped(images, training=False)[1])
    known = data.train.at(slice(_DENSITY_PICTURES))
    changed = _augmented(known.images, augment, seed)
    density = ood.fit(
        np.concatenate([features(known.images), features(changed)]), np.tile(known.labels, 2), classes
    )
    validation, labels = data.validation.images, data.validation.labels
    redrawn = _augmented(validation, augment, seed + 1)
    logits = answers(validation)
    seen = [logits] if augmentation == "none" else [logits, answers(redrawn)]
    at = calibration.temperature(np.concatenate(seen), np.tile(labels, len(seen)))
    probabilities = calibration.probabilities(logits, at)
    scores = density.score(tf.constant(features(validation))).numpy()
    both = np.concatenate([scores, density.score(tf.constant(features(redrawn))).numpy()])
    return Doubt(
        Servable(tapped, at, density),
        ood.thresholds(probabilities, both),
        calibration_error(calibration.probabilities(logits, 1.0), labels),
        calibration_error(probabilities, labels),
        probabilities,
        scores,
    )


def _augmented(images: NDArray[np.uint8], augment: Augment | None, seed: int) -> NDArray[np.uint8]:
    """The pictures as training may have seen them: uint8 ``[N, 28, 28]``."""
    if augment is None:
        return images
    parts = []
    for n, start in enumerate(range(0, len(images), 500)):
        pixels = tf.cast(images[start : start + 500, ..., None], tf.float32) / 255.0
        parts.append(tf.cast(tf.round(augment(pixels, tf.constant([seed, n])) * 255.0), tf.uint8)[..., 0])
    return tf.concat(parts, axis=0).numpy()
