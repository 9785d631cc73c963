"""Figures are compared with values worked out by hand or taken from the literature."""

from __future__ import annotations

import numpy as np
import pytest

from training import calibration
from training.evaluation import metrics


def test_the_wilson_interval_is_the_textbook_one() -> None:
    low, high = metrics.wilson_interval(8, 10)
    assert low == pytest.approx(0.4901625, abs=1e-6)
    assert high == pytest.approx(0.9433178, abs=1e-6)


def test_the_interval_without_errors_has_a_width() -> None:
    low, high = metrics.wilson_interval(100, 100)
    assert low == pytest.approx(0.9630065, abs=1e-6)
    assert high == pytest.approx(1.0)


def test_calibrated_confidence_has_no_calibration_error() -> None:
    probabilities = np.tile(np.array([0.75, 0.25], np.float32), (4, 1))
    assert metrics.calibration_error(probabilities, np.array([0, 0, 0, 1], np.uint8)) == pytest.approx(0)


def test_the_calibration_error_of_overconfidence_is_its_distance_to_the_accuracy() -> None:
    probabilities = np.tile(np.array([0.9, 0.1], np.float32), (10, 1))
    labels = np.array([0] * 5 + [1] * 5, np.uint8)
    assert metrics.calibration_error(probabilities, labels) == pytest.approx(0.4, abs=1e-6)


def test_figures_by_class_are_those_of_the_confusion_matrix() -> None:
    answers = np.array([0, 0, 1, 1, 1, 2])
    labels = np.array([0, 0, 0, 1, 1, 2], np.uint8)
    found = metrics.figures(np.eye(3, dtype=np.float32)[answers], labels, ("a", "b", "c"))
    assert found["accuracy"] == pytest.approx(5 / 6)
    assert found["classes"]["a"] == {"precision": 1.0, "recall": 2 / 3, "f1": 0.8, "images": 3}
    assert found["classes"]["b"]["precision"] == pytest.approx(2 / 3)
    assert found["confusion"] == [[2, 1, 0], [0, 2, 0], [0, 0, 1]]


def test_a_class_that_is_never_answered_has_no_precision_and_no_warning() -> None:
    logits = np.array([[5.0, 0.0], [5.0, 0.0]], np.float32)
    found = metrics.epoch_figures(logits, np.array([0, 1], np.uint8))
    assert found["val_precision"] == pytest.approx(0.25)
    assert found["val_recall"] == pytest.approx(0.5)


def test_the_temperature_undoes_a_scaling_of_the_logits() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 5)).astype(np.float32) * 2
    shares = calibration.probabilities(logits, 1.0)
    labels = (shares.cumsum(axis=1) > random.random((len(shares), 1))).argmax(axis=1).astype(np.uint8)
    assert calibration.temperature(logits * 3, labels) == pytest.approx(3.0, rel=0.05)
