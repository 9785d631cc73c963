"""The gate: which reasons there are not to publish a model. All of them are named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Rival:
    """The version now published, on the same test pictures.

    Attributes:
        version: its number.
        right: bool ``[N]``, where its answers are right.
    """

    version: int
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What is asked of a model.

    Attributes:
        min_accuracy: of the test accuracy.
        by: ``point`` compares the accuracy itself, ``lower-bound`` the low end of its 95 % interval.
        min_class_recall: of the recall of every class.
        max_calibration_error: of the expected calibration error.
    """

    min_accuracy: float
    by: str = "point"
    min_class_recall: float = 0.0
    max_calibration_error: float = 1.0


def refusals(
    figures: Mapping[str, Any], rules: Rules, right: NDArray[np.bool_], rival: Rival | None = None
) -> tuple[str, ...]:
    """Every reason not to publish, each saying by how much; none means publish.

    Args:
        figures: of the exported model on the test set (``evaluation.metrics.figures``).
        rules: what is asked.
        right: bool ``[N]``, where the model's answers are right.
        rival: the version now published; None when there is none or regression is allowed.
    """
    reasons = [*_accuracy(figures, rules), *_recalls(figures, rules), *_calibration(figures, rules)]
    if rival is not None:
        reasons += _regression(right, rival)
    return tuple(reasons)


def mcnemar(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The exact two-sided p-value of McNemar's test that two models err equally often (McNemar 1947)."""
    ours, theirs = int(np.sum(right & ~other)), int(np.sum(other & ~right))
    return float(binomtest(ours, ours + theirs, 0.5).pvalue) if ours + theirs else 1.0


def _accuracy(figures: Mapping[str, Any], rules: Rules) -> list[str]:
    bound = rules.by == "lower-bound"
    found = figures["accuracy_interval"][0] if bound else figures["accuracy"]
    if found >= rules.min_accuracy:
        return []
    what = "lower bound of the test accuracy" if bound else "test accuracy"
    return [
        f"{what} {found:.4f} is {rules.min_accuracy - found:.4f} below the required {rules.min_accuracy:g}"
    ]


def _recalls(figures: Mapping[str, Any], rules: Rules) -> list[str]:
    return [
        f"recall {each['recall']:.4f} of class {name!r} is {rules.min_class_recall - each['recall']:.4f} "
        f"below the required {rules.min_class_recall:g}"
        for name, each in figures["classes"].items()
        if each["recall"] < rules.min_class_recall
    ]


def _calibration(figures: Mapping[str, Any], rules: Rules) -> list[str]:
    excess = figures["calibration_error"] - rules.max_calibration_error
    if excess <= 0:
        return []
    return [
        f"calibration error {figures['calibration_error']:.4f} is {excess:.4f} "
        f"above the allowed {rules.max_calibration_error:g}"
    ]


def _regression(right: NDArray[np.bool_], rival: Rival) -> list[str]:
    chance = mcnemar(right, rival.right)
    fewer = int(rival.right.sum() - right.sum())
    if fewer <= 0 or chance >= _SIGNIFICANT:
        return []
    return [
        f"{fewer} more errors than the published version {rival.version} on the {len(right)} test pictures "
        f"(McNemar p = {chance:.2g}); pass --allow-regression to publish all the same"
    ]
