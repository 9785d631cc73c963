"""The score for strangers: the promises of the score and of its thresholds."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from training import ood


@pytest.fixture
def known() -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Two classes in three dimensions; the last dimension hardly varies."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.array([0, 1], np.uint8), 2000)
    features = random.normal(size=(4000, 3)) * [1.0, 5.0, 0.01] + 10.0 * labels[:, None] * [1.0, 0.0, 0.0]
    return features.astype(np.float32), labels


def score(density: ood.Density, *points: list[float]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = density.score(tf.constant(points, tf.float32)).numpy()
    return found


def test_known_pictures_score_one_on_average(known: tuple[NDArray[np.float32], NDArray[np.uint8]]) -> None:
    density = ood.fit(*known, classes=2)
    assert density.score(tf.constant(known[0])).numpy().mean() == pytest.approx(1.0, rel=0.05)


def test_distance_is_measured_in_standard_deviations(
    known: tuple[NDArray[np.float32], NDArray[np.uint8]],
) -> None:
    density = ood.fit(*known, classes=2)
    centre, along_the_wide, along_the_narrow = score(density, [0, 0, 0], [0, 5, 0], [0, 0, 5])
    assert centre < 0.05
    assert along_the_wide < 1
    assert along_the_narrow > 1000


def test_the_nearest_class_counts(known: tuple[NDArray[np.float32], NDArray[np.uint8]]) -> None:
    density = ood.fit(*known, classes=2)
    first, second, between = score(density, [0, 0, 0], [10, 0, 0], [5, 0, 0])
    assert max(first, second) < 0.05
    assert between > 5


def test_thresholds_flag_the_stated_share_of_validation_data() -> None:
    random = np.random.default_rng(1)
    top = random.uniform(0.5, 1.0, 10_000).astype(np.float32)
    scores = random.normal(size=10_000).astype(np.float32)
    found = ood.thresholds(np.stack([top, 1 - top], axis=1), scores)
    assert found.ood_above is not None
    assert np.mean(top < found.uncertain_below) == pytest.approx(0.01, abs=0.001)
    assert np.mean(scores > found.ood_above) == pytest.approx(0.005, abs=0.001)


def test_the_log_odds_of_strangers_grow_with_their_logit() -> None:
    logits = tf.constant([[5.0, 0.0, -4.0], [5.0, 0.0, 5.0], [0.0, 0.0, 9.0]])
    found = ood.log_odds(logits, classes=2).numpy()
    assert found[0] < -8
    assert abs(found[1]) < 0.1
    assert found[2] > 8


def uploads(right_above: float) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    """10,000 answers, the surer the likelier right, and as many scores."""
    random = np.random.default_rng(1)
    top = random.uniform(0.5, 1.0, 10_000).astype(np.float32)
    right = random.uniform(right_above, 1.0, 10_000) < top
    return np.stack([top, 1 - top], axis=1), right, random.normal(size=10_000).astype(np.float32)


def test_ok_answers_are_as_accurate_as_promised() -> None:
    probabilities, right, scores = uploads(right_above=0.4)
    found = ood.promised(probabilities, right, scores, promise=0.85)
    ok = ood.is_ok(probabilities, scores, found)
    assert right.mean() < 0.8
    assert right[ok].mean() == pytest.approx(0.85, abs=0.01)
    assert found.ood_above is not None
    assert np.mean(scores[right] > found.ood_above) == pytest.approx(0.005, abs=0.001)


def test_a_promise_out_of_reach_still_leaves_some_answers_ok() -> None:
    probabilities, right, scores = uploads(right_above=0.4)
    found = ood.promised(probabilities, right, scores, promise=1.0)
    assert ood.is_ok(probabilities, scores, found).mean() > 0.25


def test_a_promise_kept_by_all_answers_makes_none_uncertain() -> None:
    probabilities, right, scores = uploads(right_above=0.0)
    found = ood.promised(probabilities, np.ones_like(right), scores, promise=0.99)
    assert ood.is_ok(probabilities, scores, found).mean() == pytest.approx(0.995, abs=0.001)
