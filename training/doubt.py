"""From a fitted model to one that knows its limits: temperature, strangeness, thresholds.

Everything is fitted on training and validation data; the test set has no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from serving.contract import Thresholds
from training import calibration, ood
from training.augmentation import Augment, augmenter
from training.datasets import Dataset
from training.datasets.split import Labels
from training.evaluation.metrics import calibration_error
from training.export.signatures import ServingModule
from training.mirrored import flip_averaged
from training.predict import ForwardPass
from training.recipes import Recipe
from training.synthetic import Uploads

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
        on_uploads: what the thresholds come to on held-out uploads; empty where none were made.
    """

    servable: ServingModule
    thresholds: Thresholds
    error_before: float
    error_after: float
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    on_uploads: dict[str, float] = field(default_factory=dict)

    def unscaled(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """What scaled probabilities ``[N, K]`` were before the temperature."""
        logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) * self.servable.temperature
        return calibration.probabilities(logits, 1.0)


@dataclass(frozen=True)
class Evidence:
    """What a model answers for pictures that it was not trained on, as they are and drawn differently.

    Attributes:
        logits: float32 ``[N, K]``.
        scores: float32 ``[N]``, of strangeness.
        redrawn: float32 ``[N, K]``, logits of the same pictures augmented; None where training saw none such.
        redrawn_scores: float32 ``[N]``.
        labels: ``[N]``.
    """

    logits: NDArray[np.float32]
    scores: NDArray[np.float32]
    redrawn: NDArray[np.float32] | None
    redrawn_scores: NDArray[np.float32]
    labels: Labels

    def temperature(self) -> float:
        """That makes the labels likeliest."""
        seen = [self.logits] if self.redrawn is None else [self.logits, self.redrawn]
        return calibration.temperature(np.concatenate(seen), np.tile(self.labels, len(seen)))


def joined(parts: Sequence[Evidence]) -> Evidence:
    """Several models' evidence, one behind the other."""
    redrawn = [part.redrawn for part in parts if part.redrawn is not None]
    return Evidence(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate(redrawn) if redrawn else None,
        np.concatenate([part.redrawn_scores for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def fit(
    model: keras.Sequential,
    data: Dataset,
    recipe: Recipe,
    seed: int,
    held_out: Uploads | None = None,
    evidence: Evidence | None = None,
) -> Doubt:
    """Fit temperature, score and thresholds of a trained model.

    Args:
        model: trained, gives logits, the last of them that of strangers if the recipe has any.
        data: its training and validation parts are used.
        recipe: that the model was trained with.
        seed: of the augmentation here.
        held_out: uploads and strangers made of validation data, where the model was trained with such.
        evidence: of cross-validation; None takes this model's answers for the validation part.

    What is merely drawn a little differently is not strange, and is harder to be sure of, as uploads are. So
    half of the pictures are augmented: as training saw them. Where it saw them only as they are, those for
    the density are augmented lightly and those for the temperature not at all.
    """
    servable = _servable(model, data, recipe, seed)
    answers, score = _answers(servable), _score(servable)
    seen = evidence or _observed(answers, score, data, recipe, seed)
    at = seen.temperature()
    probabilities = calibration.probabilities(seen.logits, at)
    if held_out is None:
        found = ood.thresholds(probabilities, np.concatenate([seen.scores, seen.redrawn_scores]))
        figures: dict[str, float] = {}
    else:
        found, figures = _on_uploads(held_out, answers, score, at, recipe.promise)
    return Doubt(
        replace(servable, temperature=at),
        found,
        calibration_error(calibration.probabilities(seen.logits, 1.0), seen.labels),
        calibration_error(probabilities, seen.labels),
        probabilities,
        seen.scores,
        figures,
    )


def observe(model: keras.Sequential, data: Dataset, recipe: Recipe, seed: int) -> Evidence:
    """What a trained model answers for the validation part; see ``fit``."""
    servable = _servable(model, data, recipe, seed)
    return _observed(_answers(servable), _score(servable), data, recipe, seed)


def _servable(model: keras.Sequential, data: Dataset, recipe: Recipe, seed: int) -> ServingModule:
    """The model with its score of strangeness, at temperature 1."""
    tapped = ood.instrumented(model)
    tapped = flip_averaged(tapped) if recipe.mirrored else tapped
    density = None if recipe.strangers else _density(tapped, data, _augment(data, recipe), seed)
    return ServingModule(tapped, 1.0, density, len(data.labels))


def _observed(answers: ForwardPass, score: ForwardPass, data: Dataset, recipe: Recipe, seed: int) -> Evidence:
    validation = data.validation.images
    redrawn = _augmented(validation, _augment(data, recipe), seed + 1)
    return Evidence(
        answers(validation),
        score(validation),
        None if recipe.augmentation == "none" else answers(redrawn),
        score(redrawn),
        data.validation.labels,
    )


def _augment(data: Dataset, recipe: Recipe) -> Augment | None:
    return augmenter(data.recipe, "light" if recipe.augmentation == "none" else recipe.augmentation)


def _answers(servable: ServingModule) -> ForwardPass:
    return ForwardPass(lambda images: servable.model(images, training=False)[0][:, : servable.classes])


def _score(servable: ServingModule) -> ForwardPass:
    return ForwardPass(lambda images: servable.score(*servable.model(images, training=False)))


def _density(tapped: keras.Model, data: Dataset, augment: Augment | None, seed: int) -> ood.Density:
    """Of training pictures as they are and augmented."""
    features = ForwardPass(lambda images: tapped(images, training=False)[1])
    known = data.train.at(slice(_DENSITY_PICTURES))
    changed = _augmented(known.images, augment, seed)
    both = np.concatenate([features(known.images), features(changed)])
    return ood.fit(both, np.tile(known.labels, 2), len(data.labels))


def _on_uploads(
    held_out: Uploads, answers: ForwardPass, score: ForwardPass, temperature: float, promise: float
) -> tuple[Thresholds, dict[str, float]]:
    """The thresholds that keep the promise on held-out uploads, and what they come to there."""
    probabilities = calibration.probabilities(answers(held_out.known.images), temperature)
    right = probabilities.argmax(axis=1) == held_out.known.labels
    scores = score(held_out.known.images)
    found = ood.promised(probabilities, right, scores, promise)
    ok = ood.is_ok(probabilities, scores, found)
    figures = {
        "uploads": float(len(right)),
        "accuracy": float(right.mean()),
        "ok": float(ok.mean()),
        "accuracy_when_ok": float(right[ok].mean()) if ok.any() else 0.0,
    }
    if len(held_out.strange):
        strange = calibration.probabilities(answers(held_out.strange), temperature)
        figures["strangers_ok"] = float(ood.is_ok(strange, score(held_out.strange), found).mean())
    return found, figures


def _augmented(images: NDArray[np.uint8], augment: Augment | None, seed: int) -> NDArray[np.uint8]:
    """The pictures as training may have seen them: uint8 ``[N, 28, 28]``."""
    if augment is None:
        return images
    parts = []
    for n, start in enumerate(range(0, len(images), 500)):
        pixels = tf.cast(images[start : start + 500, ..., None], tf.float32) / 255.0
        parts.append(tf.cast(tf.round(augment(pixels, tf.constant([seed, n])) * 255.0), tf.uint8)[..., 0])
    return tf.concat(parts, axis=0).numpy()
