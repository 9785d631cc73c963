"""The gate: its conditions, and that it names every reason at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training import gate
from training.comparison import Best, Comparison, Contender
from training.evaluation import metrics
from training.gate import Rules

NOTHING = Comparison()


def answers(errors: int, total: int = 1000) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """Figures of a model of two classes whose errors are all in the first pictures, of class ``a``."""
    labels = np.repeat(np.array([0, 1], np.uint8), total // 2)
    given = labels.copy()
    given[:errors] = 1
    return metrics.figures(np.eye(2, dtype=np.float32)[given], labels, ("a", "b")), given == labels


def contender(
    version: int | None,
    test: NDArray[np.bool_],
    hard: NDArray[np.bool_] | None = None,
    *,
    calibration_error: float = 0.01,
    doubtful: float = 0.02,
) -> Contender:
    """A model that is right on these pictures."""
    hard = np.ones(200, bool) if hard is None else hard
    rows = {
        name: {"accuracy": float(right.mean()), "calibration_error": calibration_error, "doubtful": doubtful}
        for name, right in (("test", test), ("hard", hard))
    }
    return Contender(version, test, hard, rows)


def test_a_model_that_is_good_enough_passes() -> None:
    figures, _ = answers(errors=10)
    assert gate.refusals(figures, Rules(min_accuracy=0.99), NOTHING) == ()


def test_a_refusal_says_by_how_much() -> None:
    figures, _ = answers(errors=20)
    assert gate.refusals(figures, Rules(min_accuracy=0.99), NOTHING) == (
        "test accuracy 0.9800 is 0.0100 below the required 0.99",
    )


def test_the_lower_bound_asks_for_more_than_the_point() -> None:
    figures, _ = answers(errors=10)
    (reason,) = gate.refusals(figures, Rules(min_accuracy=0.99, by="lower-bound"), NOTHING)
    assert reason.startswith("lower bound of the test accuracy 0.98")


def test_every_reason_is_named_at_once() -> None:
    figures, right = answers(errors=100)
    rules = Rules(min_accuracy=0.95, min_class_recall=0.9, max_calibration_error=0.01)
    compared = Comparison(contender(None, right), (contender(7, np.ones(1000, bool)),), Best(7, 1.0))
    reasons = gate.refusals(figures, rules, compared)
    assert [reason.split()[0] for reason in reasons] == ["test", "recall", "calibration", "test", "100"]
    assert "class 'a'" in reasons[1]
    assert "100 more errors than version 7 on the 1000 test pictures" in reasons[4]
    advice = "to publish it beside that model pass --name NAME"
    assert [advice in reason for reason in reasons] == [False, False, False, False, True], "said once"


def test_a_few_more_errors_than_the_published_version_are_within_chance() -> None:
    figures, right = answers(errors=12)
    theirs = np.ones(1000, bool)
    theirs[500:509] = False
    compared = Comparison(contender(None, right), (contender(1, theirs),))
    assert gate.refusals(figures, Rules(min_accuracy=0.9), compared) == ()


def test_a_better_model_is_never_refused_because_of_the_published_one() -> None:
    figures, right = answers(errors=0)
    baseline = contender(1, np.zeros(1000, bool), np.zeros(200, bool))
    compared = Comparison(contender(None, right), (baseline,), Best(1, 0.9))
    assert gate.refusals(figures, Rules(min_accuracy=0.9), compared) == ()


def test_small_losses_add_up_only_to_the_largest_drop_below_the_best() -> None:
    rules, published = Rules(min_accuracy=0.9), list[float]()
    for errors in (50, 56, 64):  # 95.0, 94.4, 93.6 %
        figures, right = answers(errors)
        before = right.copy()  # against its predecessor each of them is within chance
        best = Best(len(published), max(published)) if published else None
        compared = Comparison(contender(None, right), (contender(9, before),), best)
        if not gate.refusals(figures, rules, compared):
            published.append(figures["accuracy"])
    assert published == [0.950, 0.944]


def test_the_largest_drop_below_the_best_is_named_and_can_be_changed_or_ignored() -> None:
    figures, right = answers(errors=64)
    compared = Comparison(contender(None, right), (), Best(2, 0.95))
    (reason,) = gate.refusals(figures, Rules(min_accuracy=0.9), compared)
    assert reason.startswith(
        "test accuracy 0.9360 is 0.0140 below 0.9500, the best ever published (version 2)"
    )
    assert gate.refusals(figures, Rules(min_accuracy=0.9, max_drop=0.02), compared) == ()
    assert gate.refusals(figures, Rules(min_accuracy=0.9, allow_regression=True), compared) == ()


def test_more_errors_on_the_hard_pictures_alone_are_a_reason() -> None:
    figures, right = answers(errors=10)
    hard = np.ones(200, bool)
    hard[:20] = False
    compared = Comparison(contender(None, right, hard), (contender(3, right),))
    (reason,) = gate.refusals(figures, Rules(min_accuracy=0.9), compared)
    assert reason.startswith("20 more errors than version 3 on the 200 hard pictures")


@pytest.mark.parametrize(
    ("calibration_error", "doubtful", "told"),
    [
        (0.2, 0.02, "calibration error 0.2000 on the test pictures, 0.0100 for version 3"),
        (0.01, 0.3, "part of doubtful answers 0.3000 on the test pictures, 0.0200 for version 3"),
    ],
)
def test_doubt_and_calibration_are_compared_too(calibration_error: float, doubtful: float, told: str) -> None:
    figures, right = answers(errors=10)
    new = contender(None, right, calibration_error=calibration_error, doubtful=doubtful)
    compared = Comparison(new, (contender(3, right),))
    reasons = gate.refusals(figures, Rules(min_accuracy=0.9), compared)
    assert reasons[0].startswith(told)
    assert "hard pictures" in reasons[1]


def test_other_data_under_the_same_name_is_refused_with_any_accuracy() -> None:
    figures, _ = answers(errors=0)
    differs = "the serving version 3 was trained on mnist, this one on digits"
    for rules in (Rules(min_accuracy=0.9), Rules(min_accuracy=0.9, allow_regression=True)):
        (reason,) = gate.refusals(figures, rules, Comparison(other_data=differs))
        assert reason == f"{differs}; pass --name to publish it under another name, or --allow-other-data"
    assert gate.refusals(figures, Rules(0.9, allow_other_data=True), Comparison(other_data=differs)) == ()


def test_an_unreadable_serving_version_is_a_reason_to_refuse() -> None:
    figures, _ = answers(errors=0)
    (reason,) = gate.refusals(figures, Rules(0.9), Comparison(problem="the serving version 3: it is broken"))
    assert reason.startswith("nothing could be compared with the serving version 3: it is broken")


def test_mcnemar_is_the_exact_binomial_test() -> None:
    ours = np.array([True] * 8 + [False] * 2)
    theirs = np.array([False] * 8 + [True] * 2)
    assert gate.mcnemar(ours, theirs) == pytest.approx(0.109375)
    assert gate.mcnemar(ours, ours) == 1.0
