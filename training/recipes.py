"""The recipes: how long, how fast and with which augmentation each profile trains a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from training.own_recipe import by_size

PROFILES = ("fast", "standard", "full")
OPTIMIZERS = ("adam", "adamw", "sgd", "plain-sgd")
LOSSES = ("cross-entropy", "mean-squared-error")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Attributes:
        epochs: passes over the training set.
        batch_size: pictures per step.
        learning_rate: the highest learning rate of the schedule.
        schedule: ``one-cycle`` (rises, then falls almost to 0) or ``constant``.
        warm_up: share of the steps during which ``one-cycle`` rises, 0..1.
        optimizer: one of ``OPTIMIZERS``; ``sgd`` has momentum, ``plain-sgd`` has none.
        weight_decay: weight decay of ``adamw``.
        loss: one of ``LOSSES``.
        label_smoothing: share of the probability that is spread over all classes, 0..1.
        augmentation: ``none``, ``light`` or ``strong``.
        averaging: decay of the running average of the weights, which is evaluated and kept; 0 turns it off.
        mirrored: whether the served model averages over a picture and its mirror image.
        uploads: number of synthetic uploads added to the training set.
        strangers: number of pictures of unknown things added to it as a class of their own; 0 for none.
        promise: accuracy, 0..1, of ``ok`` answers on held-out synthetic uploads, which the thresholds are
            chosen to reach.
        mixed: whether to compute in bfloat16 on a machine that is faster in it (``training.precision``).
        target_accuracy: validation accuracy at which training ends, 0..1; 0 never ends it early.
        repeats: passes over a small training set per epoch.
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.001
    schedule: str = "one-cycle"
    warm_up: float = 0.05
    optimizer: str = "adam"
    weight_decay: float = 0.0
    loss: str = "cross-entropy"
    label_smoothing: float = 0.0
    augmentation: str = "none"
    averaging: float = 0.0
    mirrored: bool = False
    uploads: int = 0
    strangers: int = 0
    promise: float = 0.99
    mixed: bool = False
    target_accuracy: float = 0.0
    repeats: int = 1

    @property
    def comes_to_rest(self) -> bool:
        """Whether the weights settle: the learning rate falls almost to 0, and the weights are averaged.

        If so, training keeps the last weights. The epoch with the highest validation accuracy would differ
        by a few pictures only, and come from a time when the learning rate was still high.
        """
        return self.schedule == "one-cycle" and self.averaging > 0


_FAST = Recipe(epochs=2, learning_rate=0.006, warm_up=0.25, averaging=0.98, mixed=True)
_STANDARD = Recipe(
    epochs=40,
    learning_rate=0.003,
    optimizer="adamw",
    weight_decay=0.0001,
    label_smoothing=0.05,
    augmentation="strong",
    averaging=0.998,
    mixed=True,
)
_FULL = replace(_STANDARD, epochs=50, augmentation="light")
_BY_PROFILE = {"fast": _FAST, "standard": _STANDARD, "full": _FULL}

# Differences from the profile for a data set, or for an architecture on a data set.
_SPECIAL: Mapping[tuple[str, ...], Mapping[str, Any]] = {
    ("mnist", "fast"): {"target_accuracy": 0.99},
    ("mnist", "full", "cnn-middle"): {"epochs": 100},
    ("fashion_mnist", "fast"): {
        "epochs": 8,
        "augmentation": "light",
        "mirrored": True,
        "target_accuracy": 0.91,
    },
    ("mnist", "standard"): {"epochs": 36, "uploads": 10_000, "strangers": 10_000, "promise": 0.995},
    ("fashion_mnist", "standard"): {
        "epochs": 18,
        "augmentation": "light",
        "learning_rate": 0.003,
        "weight_decay": 0.005,
        "mirrored": True,
        "uploads": 20_000,
        "strangers": 6_000,
        "promise": 0.94,
    },
    ("fashion_mnist", "full"): {"learning_rate": 0.002, "weight_decay": 0.05, "mirrored": True},
    ("digits", "fast"): {"epochs": 40, "batch_size": 32},
    ("digits", "standard"): {"epochs": 120, "batch_size": 64},
    ("digits", "full"): {"epochs": 300, "batch_size": 64},
}


def recipe_for(
    dataset: str, model: str, profile: str, own: Mapping[str, Any] | None = None, pictures: int | None = None
) -> Recipe:
    """Return the recipe of a profile for a data set and an architecture.

    Args:
        dataset: a name in the catalogue, or empty for own pictures.
        model: the architecture.
        profile: one of ``PROFILES``.
        own: fields of the recipe to replace.
        pictures: number of training pictures of an own data set; it decides how the set is trained on.
    """
    recipe = _BY_PROFILE[profile]
    if not dataset and pictures is not None:
        recipe = replace(recipe, **by_size(pictures, profile))
    for key in ((dataset, profile), (dataset, profile, model)):
        recipe = replace(recipe, **_SPECIAL.get(key, {}))
    recipe = replace(recipe, **(own or {}))
    # A net that never saw a mirrored shoe mistakes it for something else.
    unseen = recipe.augmentation == "none" and "mirrored" not in (own or {})
    return replace(recipe, mirrored=False) if unseen else recipe
