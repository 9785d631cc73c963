"""The card of a version, built from the results of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.contract import Card
from training import runtime
from training.comparison import Comparison
from training.config import TrainConfig
from training.datasets import Dataset
from training.doubt import Doubt
from training.fitting.loop import Fitted

_BINS = 10
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def card(
    config: TrainConfig,
    data: Dataset,
    fitted: Fitted,
    doubt: Doubt,
    figures: Mapping[str, Any],
    run_id: str,
    compared: Comparison,
) -> Card:
    """Build the card of a version.

    Args:
        config: the job's configuration.
        data: the data set.
        fitted: the result of fitting.
        doubt: the model's temperature and thresholds.
        figures: its figures on the test set.
        run_id: identity of the run.
        compared: the comparison with published versions.
    """
    return Card(
        dataset=data.name,
        labels=data.labels,
        recipe=data.recipe,
        thresholds=doubt.thresholds,
        metrics={**figures, **({"uploads": doubt.on_uploads} if doubt.on_uploads else {})},
        reference=_reference(data, doubt),
        training=_training(config, data, fitted, doubt),
        software=runtime.software(),
        run_id=run_id,
        gate=compared.to_dict(),
    )


def _reference(data: Dataset, doubt: Doubt) -> dict[str, Any]:
    """Return distributions on validation data, the reference for measuring drift."""
    top = doubt.probabilities.max(axis=1)
    answers = np.bincount(doubt.probabilities.argmax(axis=1), minlength=len(data.labels))
    ink = data.validation.images.mean(axis=(1, 2)) / 255.0
    return {
        "images": len(top),
        "labels": {name: float(n) / len(top) for name, n in zip(data.labels, answers, strict=True)},
        "confidence_histogram": (np.histogram(top, _BINS, (0.0, 1.0))[0] / len(top)).tolist(),
        "confidence_mean": float(top.mean()),
        "ink_histogram": (np.histogram(ink, _BINS, (0.0, 1.0))[0] / len(ink)).tolist(),
        "ink_mean": float(ink.mean()),
        "ood_score_quantiles": {f"{q:g}": float(np.quantile(doubt.scores, q)) for q in _QUANTILES},
    }


def _training(config: TrainConfig, data: Dataset, fitted: Fitted, doubt: Doubt) -> dict[str, Any]:
    recipe = config.recipe()
    return {
        "architecture": config.architecture,
        "profile": config.profile,
        "parameters": doubt.servable.model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "seconds": fitted.seconds,
        "seed": config.seed,
        "deterministic": config.deterministic,
        "recipe": {name: getattr(recipe, name) for name in recipe.__dataclass_fields__},
        "temperature": doubt.servable.temperature,
        "data_sha256": dict(data.sha256),
        **({} if config.start_from is None else {"from": "/".join(config.start_from.resolve().parts[-2:])}),
        "commit": runtime.commit(),
    }
