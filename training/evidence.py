"""A model's answers for pictures that it was not trained on, from which its doubt is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training import calibration, ood
from training.augmentation import Augment, augmenter
from training.datasets import Dataset
from training.datasets.split import Labels
from training.export.signatures import ServingModule
from training.mirrored import flip_averaged
from training.predict import ForwardPass
from training.recipes import Recipe

_DENSITY_PICTURES = 20_000
_BATCH = 500


@dataclass(frozen=True)
class Evidence:
    """A model's answers for pictures that it was not trained on, unchanged and augmented.

    Attributes:
        logits: float32 ``[N, K]``, for the unchanged pictures.
        scores: float32 ``[N]``, their ``ood_score``.
        redrawn: float32 ``[N, K]``, logits for the augmented pictures; None if training did not augment.
        redrawn_scores: float32 ``[N]``, ``ood_score`` of the augmented pictures.
        labels: ``[N]``, the right classes.
    """

    logits: NDArray[np.float32]
    scores: NDArray[np.float32]
    redrawn: NDArray[np.float32] | None
    redrawn_scores: NDArray[np.float32]
    labels: Labels

    def temperature(self) -> float:
        """Fit the temperature on unchanged and, if there are any, augmented pictures."""
        seen = [self.logits] if self.redrawn is None else [self.logits, self.redrawn]
        return calibration.temperature(np.concatenate(seen), np.tile(self.labels, len(seen)))


def joined(parts: Sequence[Evidence]) -> Evidence:
    """Concatenate the evidence of several models."""
    redrawn = [part.redrawn for part in parts if part.redrawn is not None]
    return Evidence(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(redrawn) if redrawn else None,
        np.concatenate([part.redrawn_scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


class Witness:
    """A trained model with its ``ood_score``, at temperature 1.

    Args:
        model: gives logits ``[N, K]`` or, if the recipe has strangers, ``[N, K + 1]`` with theirs last.
        data: the density of known pictures is fitted on its training part, if the model needs one.
        recipe: the recipe that the model was trained with.
        seed: seed of the augmentation.

    Attributes:
        servable: what is exported.
        answers: pictures -> logits of the known classes ``[N, K]``.
        score: pictures -> ``ood_score`` ``[N]``.
    """

    def __init__(self, model: keras.Sequential, data: Dataset, recipe: Recipe, seed: int) -> None:
        tapped = ood.instrumented(model)
        tapped = flip_averaged(tapped) if recipe.mirrored else tapped
        self._augment = augmenter(
            data.recipe, "light" if recipe.augmentation == "none" else recipe.augmentation
        )
        self._data, self._recipe, self._seed = data, recipe, seed
        density = None if recipe.strangers else self._density(tapped)
        servable = ServingModule(tapped, 1.0, density, len(data.labels))
        self.servable = servable
        self.answers = ForwardPass(lambda images: tapped(images, training=False)[0][:, : servable.classes])
        self.score = ForwardPass(lambda images: servable.score(*tapped(images, training=False)))

    def observe(self) -> Evidence:
        """Return the model's answers for the validation part, unchanged and augmented."""
        validation = self._data.validation.images
        redrawn = _augmented(validation, self._augment, self._seed + 1)
        return Evidence(
            self.answers(validation),
            self.score(validation),
            None if self._recipe.augmentation == "none" else self.answers(redrawn),
            self.score(redrawn),
            self._data.validation.labels,
        )

    def _density(self, tapped: keras.Model) -> ood.Density:
        """Fit the density of training pictures, unchanged and augmented."""
        features = ForwardPass(lambda images: tapped(images, training=False)[1])
        known = self._data.train.at(slice(_DENSITY_PICTURES))
        changed = _augmented(known.images, self._augment, self._seed)
        both = np.concatenate([features(known.images), features(changed)])
        return ood.fit(both, np.tile(known.labels, 2), len(self._data.labels))


def _augmented(images: NDArray[np.uint8], augment: Augment | None, seed: int) -> NDArray[np.uint8]:
    """Augment pictures uint8 ``[N, 28, 28]`` as training does."""
    if augment is None:
        return images
    parts = []
    for n, start in enumerate(range(0, len(images), _BATCH)):
        pixels = tf.cast(images[start : start + _BATCH, ..., None], tf.float32) / 255.0
        parts.append(tf.cast(tf.round(augment(pixels, tf.constant([seed, n])) * 255.0), tf.uint8)[..., 0])
    return tf.concat(parts, axis=0).numpy()
