"""The doubt of a trained model: its temperature, its ``ood_score`` and the thresholds of both.

All are fitted on training and validation data. The test set is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import keras
import numpy as np
from numpy.typing import NDArray

from serving.contract import Thresholds
from training import calibration, ood
from training.datasets import Dataset
from training.evaluation.metrics import calibration_error
from training.evidence import Evidence, Witness
from training.export.signatures import ServingModule
from training.recipes import Recipe
from training.synthetic import Uploads


@dataclass(frozen=True)
class Doubt:
    """A model with its doubt.

    Attributes:
        servable: what is exported.
        thresholds: where doubt begins.
        error_before: calibration error on validation data without the temperature.
        error_after: calibration error on validation data with it.
        probabilities: float32 ``[N, K]``, answers for the validation pictures.
        scores: float32 ``[N]``, ``ood_score`` of the validation pictures.
        on_uploads: figures of the thresholds on held-out uploads, by name; empty without uploads.
    """

    servable: ServingModule
    thresholds: Thresholds
    error_before: float
    error_after: float
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    on_uploads: dict[str, float] = field(default_factory=dict)

    def unscaled(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Undo the temperature: return the probabilities float32 ``[N, K]`` at temperature 1."""
        logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) * self.servable.temperature
        return calibration.probabilities(logits, 1.0)


def fit(
    model: keras.Sequential,
    data: Dataset,
    recipe: Recipe,
    seed: int,
    held_out: Uploads | None = None,
    evidence: Evidence | None = None,
) -> Doubt:
    """Fit temperature, score and thresholds of a trained model.

    A picture that is merely drawn a little differently is not strange, and is harder to be sure of, like an
    upload. So half of the pictures are augmented as in training. If training did not augment, the pictures
    for the score are augmented lightly, and the temperature is fitted on unchanged pictures only.

    Args:
        model: a trained model that gives logits; the last is that of strangers if the recipe has any.
        data: its training and validation parts are used.
        recipe: the recipe that the model was trained with.
        seed: seed of the augmentation.
        held_out: uploads and strangers made of validation data, if the recipe has any.
        evidence: the evidence of cross-validation; None takes the model's answers for the validation part.
    """
    witness = Witness(model, data, recipe, seed)
    seen = evidence or witness.observe()
    at = seen.temperature()
    probabilities = calibration.probabilities(seen.logits, at)
    if held_out is None:
        found = ood.thresholds(probabilities, np.concatenate([seen.scores, seen.redrawn_scores]))
        figures: dict[str, float] = {}
    else:
        found, figures = _on_uploads(held_out, witness, at, recipe.promise)
    return Doubt(
        replace(witness.servable, temperature=at),
        found,
        calibration_error(calibration.probabilities(seen.logits, 1.0), seen.labels),
        calibration_error(probabilities, seen.labels),
        probabilities,
        seen.scores,
        figures,
    )


def _on_uploads(
    held_out: Uploads, witness: Witness, temperature: float, promise: float
) -> tuple[Thresholds, dict[str, float]]:
    """Return the thresholds that keep the promise on held-out uploads, and their figures there."""
    probabilities = calibration.probabilities(witness.answers(held_out.known.images), temperature)
    right = probabilities.argmax(axis=1) == held_out.known.labels
    scores = witness.score(held_out.known.images)
    found = ood.promised(probabilities, right, scores, promise)
    ok = ood.is_ok(probabilities, scores, found)
    figures = {
        "uploads": float(len(right)),
        "accuracy": float(right.mean()),
        "ok": float(ok.mean()),
        "accuracy_when_ok": float(right[ok].mean()) if ok.any() else 0.0,
    }
    if len(held_out.strange):
        strange = calibration.probabilities(witness.answers(held_out.strange), temperature)
        figures["strangers_ok"] = float(ood.is_ok(strange, witness.score(held_out.strange), found).mean())
    return found, figures
