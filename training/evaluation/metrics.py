"""The figures: accuracy with its interval, precision and recall by class, calibration error."""

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
    """The validation figures of an epoch: accuracy, cross-entropy, macro precision and recall."""
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
    """Mean negative log-likelihood of the right labels."""
    likelihoods = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    return float(-likelihoods.mean())


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927)."""
    part, z2 = right / total, _Z95**2
    centre = (part + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 / (1 + z2 / total) * math.sqrt(part * (1 - part) / total + z2 / (4 * total**2))
    return centre - half, centre + half


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Expected calibration error over equal bins of confidence (Guo et al. 2017)."""
    return float(sum(part * abs(right - said) for part, said, right in reliability(probabilities, labels)))


def reliability(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8]
) -> list[tuple[float, float, float]]:
    """For each filled bin of confidence: its part of the pictures, mean confidence, accuracy."""
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
    """Everything that the report and the card say of the answers on the test set."""
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
