"""The gate: what it asks, and that it names every reason at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training import gate
from training.evaluation import metrics
from training.gate import Rival, Rules


def answers(errors: int, total: int = 1000) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """Figures of a model of two classes whose errors are all in the first pictures, of class ``a``."""
    labels = np.repeat(np.array([0, 1], np.uint8), total // 2)
    given = labels.copy()
    given[:errors] = 1
    return metrics.figures(np.eye(2, dtype=np.float32)[given], labels, ("a", "b")), given == labels


def test_a_model_that_is_good_enough_passes() -> None:
    figures, right = answers(errors=10)
    assert gate.refusals(figures, Rules(min_accuracy=0.99), right) == ()


def test_a_refusal_says_by_how_much() -> None:
    figures, right = answers(errors=20)
    assert gate.refusals(figures, Rules(min_accuracy=0.99), right) == (
        "test accuracy 0.9800 is 0.0100 below the required 0.99",
    )


def test_the_lower_bound_asks_for_more_than_the_point() -> None:
    figures, right = answers(errors=10)
    (reason,) = gate.refusals(figures, Rules(min_accuracy=0.99, by="lower-bound"), right)
    assert reason.startswith("lower bound of the test accuracy 0.98")


def test_every_reason_is_named_at_once() -> None:
    figures, right = answers(errors=100)
    rules = Rules(min_accuracy=0.95, min_class_recall=0.9, max_calibration_error=0.01)
    rival = Rival(version=7, right=np.ones(1000, bool))
    reasons = gate.refusals(figures, rules, right, rival)
    assert [reason.split()[0] for reason in reasons] == ["test", "recall", "calibration", "100"]
    assert "class 'a'" in reasons[1]
    assert "published version 7" in reasons[3]
    assert "--allow-regression" in reasons[3]


def test_a_few_more_errors_than_the_published_version_are_within_chance() -> None:
    figures, right = answers(errors=12)
    theirs = np.ones(1000, bool)
    theirs[500:509] = False
    assert gate.refusals(figures, Rules(min_accuracy=0.9), right, Rival(1, theirs)) == ()


def test_a_better_model_is_never_held_back_by_the_published_one() -> None:
    figures, right = answers(errors=0)
    assert gate.refusals(figures, Rules(min_accuracy=0.9), right, Rival(1, np.zeros(1000, bool))) == ()


def test_mcnemar_is_the_exact_binomial_test() -> None:
    ours = np.array([True] * 8 + [False] * 2)
    theirs = np.array([False] * 8 + [True] * 2)
    assert gate.mcnemar(ours, theirs) == pytest.approx(0.109375)
    assert gate.mcnemar(ours, ours) == 1.0
