"""A training job with uploads and strangers: its version answers for its classes and recognises strangers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from serving.contract import RECIPE_INK, Card, card_from_json
from training import datasets, pipeline, synthetic
from training.config import TrainConfig
from training.export import replay
from training.progress import Reporter

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version trained with strangers."""
    work = tmp_path_factory.mktemp("strangers")
    config = TrainConfig(
        dataset="digits",
        model="cnn-small",
        profile="fast",
        models_dir=work / "models",
        run_dir=work / "run",
        min_accuracy=0.8,
        overrides={"epochs": 12, "uploads": 400, "strangers": 400, "augmentation": "light", "promise": 0.95},
    )
    outcome = pipeline.run(config, Reporter.silent())
    assert outcome.path is not None, outcome.refusals
    return outcome.path


@pytest.fixture(scope="module")
def card(version: Path) -> Card:
    (answers,) = replay.replay([version], np.zeros((1, 28, 28), np.uint8))
    return card_from_json(answers.card)


def test_the_card_has_the_figures_on_held_out_uploads(card: Card) -> None:
    found = card.metrics["uploads"]
    assert found["accuracy_when_ok"] >= found["accuracy"]
    assert 0 < found["ok"] <= 1
    assert found["uploads"] == 100


def test_there_are_probabilities_only_for_known_classes(version: Path, card: Card) -> None:
    test = datasets.load("digits").test
    (answers,) = replay.replay([version], test.images)
    assert answers.probabilities.shape == (len(test), 10)
    assert len(card.labels) == 10
    assert np.mean(answers.probabilities.argmax(axis=1) == test.labels) > 0.8


def test_strangers_are_out_of_distribution_more_often_than_own_pictures(version: Path, card: Card) -> None:
    data = datasets.load("digits")
    strange = synthetic.uploads(data.test, RECIPE_INK, None, 0, 60, seed=77).strange
    (answers,) = replay.replay([version], np.concatenate([data.test.images, strange]))
    assert card.thresholds.ood_above is not None
    called = answers.scores > card.thresholds.ood_above
    assert called[: len(data.test)].mean() < 0.1
    assert called[len(data.test) :].mean() > 0.4
