"""Metrics: accuracy with its interval, precision and recall per class, calibration error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

_Z95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution
CALIBRATION_BINS = 15


def epoch_figures(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> dict[str, float]:
    """Compute the validation figures of an epoch: loss, accuracy, macro precision and macro recall.

    Args:
        logits: float32 ``[N, K]``.
        labels: ``[N]``, the right classes.

    Returns:
        The figures by name; each name begins with ``val_``.
    """
    answers = logits.argmax(axis=1)
    classes = np.arange(logits.shape[1])
    precision, recall, _, _ = precision_recall_fscore_support(
        labels, answers, labels=classes, average="macro", zero_division=0.0
    )
    return {
        "val_loss": cross_entropy(logits, labels),
        "val_accuracy": float(np.mean(answers == labels)),
        "val_precision": float(precision),
        "val_recall": float(recall),
    }


def cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Compute the mean cross-entropy, in nats: logits float32 ``[N, K]``, labels ``[N]``."""
    likelihoods = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    return float(-likelihoods.mean())


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of the proportion ``right / total``, each end 0..1 (Wilson 1927)."""
    part, z2 = right / total, _Z95**2
    centre = (part + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 / (1 + z2 / total) * math.sqrt(part * (1 - part) / total + z2 / (4 * total**2))
    return centre - half, centre + half


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Compute the expected calibration error, 0..1, over bins of equal width (Guo et al. 2017).

    Args:
        probabilities: float32 ``[N, K]``.
        labels: ``[N]``, the right classes.
    """
    return float(sum(part * abs(right - said) for part, said, right in reliability(probabilities, labels)))


def reliability(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8]
) -> list[tuple[float, float, float]]:
    """Return share of the pictures, mean confidence and accuracy, each 0..1, of every non-empty bin.

    Args:
        probabilities: float32 ``[N, K]``.
        labels: ``[N]``, the right classes.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        (float(inside.mean()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (bins == number for number in range(CALIBRATION_BINS))
        if inside.any()
    ]


def figures(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8], names: Sequence[str]
) -> dict[str, Any]:
    """Compute all figures that the report and the card have on the test set.

    Args:
        probabilities: float32 ``[N, K]``.
        labels: ``[N]``, the right classes.
        names: names of the K classes.

    Returns:
        The figures by name, as plain JSON types; ``classes`` has those of each class.
    """
    answers = probabilities.argmax(axis=1)
    classes = np.arange(len(names))
    by_class = precision_recall_fscore_support(labels, answers, labels=classes, zero_division=0.0)
    precision, recall, f1, support = (values.tolist() for values in by_class)
    right = int(np.sum(answers == labels))
    return {
        "accuracy": right / len(labels),
        "accuracy_interval": list(wilson_interval(right, len(labels))),
        "images": len(labels),
        "macro_precision": float(np.mean(precision)),
        "macro_recall": float(np.mean(recall)),
        "macro_f1": float(np.mean(f1)),
        "calibration_error": calibration_error(probabilities, labels),
        "classes": {
            name: {"precision": precision[k], "recall": recall[k], "f1": f1[k], "images": support[k]}
            for k, name in enumerate(names)
        },
        "confusion": confusion_matrix(labels, answers, labels=classes).tolist(),
    }
