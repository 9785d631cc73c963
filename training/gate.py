"""The gate: every reason not to publish a model, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.comparison import Comparison, Contender

_SIGNIFICANT = 0.05
# How far calibration error and share of doubtful answers may be above the serving version's.
_MORE_CALIBRATION_ERROR = {"test": 0.02, "hard": 0.1}
_MORE_DOUBT = {"test": 0.05, "hard": 0.15}
_PICTURES = {"test": "test pictures", "hard": "hard pictures"}
_ALLOW_REGRESSION = (
    "to publish it beside that model pass --name NAME, to replace that model anyway pass --allow-regression"
)


@dataclass(frozen=True)
class Rules:
    """The requirements for publication.

    Attributes:
        min_accuracy: lowest accepted test accuracy, 0..1.
        by: ``point`` compares the accuracy itself, ``lower-bound`` the lower end of its 95 % interval.
        min_class_recall: lowest accepted recall of any class, 0..1.
        max_calibration_error: highest accepted expected calibration error, 0..1.
        max_drop: how far the test accuracy may be below the best version ever published.
        allow_regression: publish even if a published version is better or could not be compared.
        allow_other_data: publish even if the serving version was trained on other data.
    """

    min_accuracy: float
    by: str = "point"
    min_class_recall: float = 0.0
    max_calibration_error: float = 1.0
    max_drop: float = 0.01
    allow_regression: bool = False
    allow_other_data: bool = False


def refusals(figures: Mapping[str, Any], rules: Rules, comparison: Comparison) -> tuple[str, ...]:
    """Return every reason not to publish, each with the amount; no reason means publish.

    Args:
        figures: the exported model's figures on the test set (``evaluation.metrics.figures``).
        rules: the requirements.
        comparison: the model compared with the published versions.
    """
    reasons = [*_accuracy(figures, rules), *_recalls(figures, rules), *_calibration(figures, rules)]
    if comparison.other_data and not rules.allow_other_data:
        reasons.append(
            f"{comparison.other_data}; pass --name to publish it under another name, or --allow-other-data"
        )
    if not rules.allow_regression:
        reasons += _with_advice(_worse_than_published(figures, rules, comparison))
    return tuple(reasons)


def mcnemar(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947) that two models err equally often.

    Args:
        right: bool ``[N]``, whether each answer of one model is right.
        other: bool ``[N]``, the same for the other model.
    """
    ours, theirs = int(np.sum(right & ~other)), int(np.sum(other & ~right))
    return float(binomtest(ours, ours + theirs, 0.5).pvalue) if ours + theirs else 1.0


def _with_advice(reasons: list[str]) -> list[str]:
    """Append the advice to the last reason, so that it appears once."""
    return [*reasons[:-1], *(f"{last}; {_ALLOW_REGRESSION}" for last in reasons[-1:])]


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


def _worse_than_published(figures: Mapping[str, Any], rules: Rules, comparison: Comparison) -> list[str]:
    reasons = []
    if comparison.problem:
        reasons.append(f"nothing could be compared with {comparison.problem}")
    best = comparison.best
    if (
        best is not None
        and not comparison.other_data
        and best.accuracy - figures["accuracy"] > rules.max_drop
    ):
        reasons.append(
            f"test accuracy {figures['accuracy']:.4f} is {best.accuracy - figures['accuracy']:.4f} below "
            f"{best.accuracy:.4f}, the best ever published (version {best.version}); --max-drop is "
            f"{rules.max_drop:g}"
        )
    if comparison.new is not None:
        for baseline in comparison.rivals:
            reasons += _worse_than(comparison.new, baseline)
    return reasons


def _worse_than(new: Contender, baseline: Contender) -> list[str]:
    reasons = []
    for kind, right, other in (("test", new.test, baseline.test), ("hard", new.hard, baseline.hard)):
        chance = mcnemar(right, other)
        if (fewer := int(other.sum() - right.sum())) > 0 and chance < _SIGNIFICANT:
            reasons.append(
                f"{fewer} more errors than version {baseline.version} on the {len(right)} {_PICTURES[kind]} "
                f"(McNemar p = {chance:.2g})"
            )
        ours, theirs = new.figures[kind], baseline.figures[kind]
        for name, what, most in (
            ("calibration_error", "calibration error", _MORE_CALIBRATION_ERROR[kind]),
            ("doubtful", "part of doubtful answers", _MORE_DOUBT[kind]),
        ):
            if ours[name] - theirs[name] > most:
                reasons.append(
                    f"{what} {ours[name]:.4f} on the {_PICTURES[kind]}, {theirs[name]:.4f} for version "
                    f"{baseline.version}"
                )
    return [*reasons, *_worse_on_corrections(new, baseline)]


def _worse_on_corrections(new: Contender, baseline: Contender) -> list[str]:
    """Refuse a model with fewer right answers on corrections, which it was trained on to get more right."""
    if new.corrections is None or baseline.corrections is None:
        return []
    ours, theirs = int(new.corrections.sum()), int(baseline.corrections.sum())
    if ours >= theirs:
        return []
    return [
        f"{ours} of {len(new.corrections)} held-out corrections right, {theirs} by version "
        f"{baseline.version}; {_ALLOW_REGRESSION}"
    ]
