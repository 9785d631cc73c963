"""The configuration of a job: defaults, checks and recipes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from training.architectures import Options
from training.config import TrainConfig
from training.errors import BadArgument
from training.recipes import PROFILES


def test_the_defaults_are_those_of_the_design() -> None:
    config = TrainConfig()
    assert (config.dataset, config.model, config.profile) == ("mnist", "cnn", "standard")
    assert config.recipe().target_accuracy == 0
    assert config.required_accuracy == 0.985
    assert TrainConfig(dataset="fashion_mnist").required_accuracy == 0.90
    assert TrainConfig(dataset="digits").required_accuracy == 0.95


@pytest.mark.parametrize(("dataset", "target"), [("mnist", 0.99), ("fashion_mnist", 0.91)])
def test_only_the_fast_profile_ends_at_a_target(dataset: str, target: float) -> None:
    targets = {p: TrainConfig(dataset=dataset, profile=p).recipe().target_accuracy for p in PROFILES}
    assert targets == {"fast": target, "standard": 0, "full": 0}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dataset": "cifar"}, "--dataset 'cifar' is unknown; choose from mnist"),
        ({"model": "vgg"}, "--model 'vgg' is unknown; choose from dense-128"),
        ({"profile": "slow"}, "--profile 'slow'"),
        ({"gate": "soft"}, "--gate 'soft'"),
        ({"epochs": 0}, "--epochs must be at least 1, not 0"),
        ({"batch_size": -1}, "--batch-size"),
        ({"learning_rate": 0.0}, "--learning-rate must be above 0"),
        ({"learning_rate": float("nan")}, "--learning-rate"),
        ({"target_accuracy": 99.0}, "--target-accuracy must be from 0 to 1, such as 0.99, not 99.0"),
        ({"min_accuracy": float("nan")}, "--min-accuracy"),
        ({"validation_split": 1.0}, "--validation-split"),
        ({"seed": -1}, "--seed"),
        ({"name": "../up"}, "--name"),
        ({"name": "42"}, "--name"),
        ({"options": Options(dropout=1.0)}, "--dropout"),
        ({"options": Options(units=0)}, "--units"),
        ({"overrides": {"speed": 1}}, "a recipe has no speed"),
    ],
)
def test_an_invalid_value_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadArgument, match=message.replace("(", r"\(")):
        TrainConfig(**given)


def test_own_values_replace_those_of_the_profile() -> None:
    recipe = TrainConfig(profile="fast", epochs=7, learning_rate=0.5, overrides={"optimizer": "sgd"}).recipe()
    assert (recipe.epochs, recipe.learning_rate, recipe.optimizer) == (7, 0.5, "sgd")


def test_a_net_that_never_saw_a_mirrored_picture_is_not_served_mirrored() -> None:
    """Served as the mean over a picture and its mirror image, it found 16 % of the ankle boots."""
    plain = TrainConfig(dataset="fashion_mnist", profile="fast")
    assert plain.recipe().mirrored
    assert not replace(plain, overrides={"augmentation": "none"}).recipe().mirrored
    assert replace(plain, overrides={"augmentation": "none", "mirrored": True}).recipe().mirrored


def test_a_configuration_is_plain_json() -> None:
    body = json.loads(json.dumps(TrainConfig().to_dict()))
    assert body["models_dir"] == "models"
    assert body["options"]["normalise"] is True
