"""A run's report: its name, curves, mistakes, and explanations for learners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training import datasets
from training.architectures import Options
from training.config import TrainConfig
from training.datasets import Split
from training.evaluation import plots, settings
from training.evaluation.confused import confused
from training.evaluation.report import Verdict
from training.fitting import remarks
from training.recipes import Recipe

UCI = datasets.load("digits")
PLAIN = Recipe(epochs=3)
BEHIND = {"accuracy": 0.9, "val_accuracy": 0.8}
AHEAD = {"accuracy": 0.8, "val_accuracy": 0.9, "clean_accuracy": 0.9123}


@pytest.mark.parametrize(
    ("model", "options", "name"),
    [
        ("dense-256", Options(), "dense-256"),
        ("dense-256", Options(units=64), "dense-64"),
        ("dense-deep", Options(units=64, layers=3), "dense-deep-units-64-layers-3"),
        ("cnn-lesson", Options(units=8, dropout=0.5), "cnn-lesson-units-8-dropout-0.5"),
        ("dense-128", Options(normalise=False), "dense-128-not-normalised"),
    ],
)
def test_a_run_is_named_after_what_is_trained(model: str, options: Options, name: str) -> None:
    config = TrainConfig(model=model, options=options)
    assert config.architecture == name
    assert ("architecture", name) in settings.rows(config, UCI)


def test_the_report_shows_the_chosen_settings_instead_of_the_profiles() -> None:
    config = TrainConfig(profile="fast", epochs=7, overrides={"optimizer": "plain-sgd"})
    shown = dict(settings.rows(config, UCI))
    assert (shown["epochs at most"], shown["optimizer"]) == ("7", "plain-sgd")


def test_the_report_shows_how_the_model_was_validated() -> None:
    config = TrainConfig(dataset="digits")
    assert dict(settings.rows(config, UCI))["validation"] == "10% of the training pictures held out"
    assert dict(settings.rows(config, replace(UCI, folds=3)))["validation"] == "cross-validation with 3 folds"


def test_epochs_are_marked_in_whole_numbers() -> None:
    row = {"loss": 1.0, "val_loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.5}
    for axes in plots.learning_curves([{"epoch": n, **row} for n in (1, 2, 3)]).axes:
        ticks = axes.get_xticks()
        assert len(ticks) > 1
        assert all(tick == int(tick) for tick in ticks)


def test_the_confusion_matrix_of_a_thousand_classes_is_no_larger_than_that_of_a_hundred_and_twenty() -> None:
    sizes = []
    for classes in (120, 1000):
        figure = plots.confusion(np.eye(classes, dtype=np.int64), list(map(str, range(classes))))
        sizes.append(figure.get_size_inches().tolist())
        names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
        assert 100 <= len(names) <= 120
        assert names[:2] == ["0", str(-(-classes // 120))]
    assert sizes[0] == sizes[1]


@pytest.mark.filterwarnings("error:constrained_layout not applied")
@pytest.mark.parametrize("names", [[r"$\lightning$", "$_$"], ["x" * 200, "y" * 200]])
def test_any_names_of_classes_can_be_plotted(names: list[str]) -> None:
    test = Split(np.zeros((4, 28, 28), np.uint8), np.array([0, 1, 0, 1], np.uint8))
    answers = np.array([[0.1, 0.9], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]], np.float32)
    for figure in (
        plots.confusion(np.eye(2, dtype=np.int64), names),
        plots.mistakes(answers, test, names),
        confused(answers, test, names),
    ):
        assert plots.png(figure).startswith(b"\x89PNG")


def test_a_mistake_is_shown_with_its_true_class_and_the_answer() -> None:
    test = Split(np.zeros((2, 28, 28), np.uint8), np.array([8, 7], np.uint8))
    probabilities = np.zeros((2, 10), np.float32)
    probabilities[:, 7] = 0.999
    first, second = plots.mistakes(probabilities, test, list("0123456789")).axes[:2]
    assert first.get_title() == "true 8\nanswer 7\n99.9 %"
    assert second.get_title() == "", "the 7 was answered right"


def test_validation_ahead_of_training_is_explained_once_by_its_cause() -> None:
    light = replace(PLAIN, augmentation="light")
    assert remarks.of([BEHIND, AHEAD, AHEAD], light) == (
        2,
        "validation accuracy is above training accuracy because the training pictures are distorted "
        "(--augmentation light); on unchanged training pictures it is 0.9123",
    )
    assert "while the net is still improving" in remarks.of([AHEAD], PLAIN)[1]
    assert remarks.of([BEHIND], PLAIN) == (0, "")


def test_the_verdict_names_the_version_or_the_reasons() -> None:
    assert Verdict.of("mnist", 4, ()) == Verdict("Published as version 4 of mnist.")
    refused = Verdict.of("mnist", None, ("too bad",))
    assert refused.text.startswith("Refused. Nothing is published")
    assert refused.reasons == ("too bad",)
