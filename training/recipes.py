"""The recipes: how long, how fast and with what augmentation a model is trained, by profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from training.own_recipe import by_size

PROFILES = ("fast", "standard", "full")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Attributes:
        epochs: passes over the training set.
        batch_size: pictures a step.
        learning_rate: the highest of the schedule.
        schedule: ``one-cycle`` (up, then down to nothing) or ``constant``.
        warm_up: part of the steps in which ``one-cycle`` rises.
        optimizer: ``adam``, ``adamw``, ``sgd`` (with momentum) or ``plain-sgd``.
        weight_decay: of ``adamw``.
        loss: ``cross-entropy`` or ``mean-squared-error``.
        label_smoothing: part of the probability spread over all classes.
        augmentation: ``none``, ``light`` or ``strong``.
        averaging: decay of the running average of the weights that is evaluated and kept; 0 is off.
        mirrored: whether the served model averages over a picture and its mirror image.
        uploads: synthetic uploads added to the training set.
        strangers: pictures of nothing known added to it, as a class of their own; 0 leaves that class out.
        promise: accuracy of ``ok`` answers on held-out synthetic uploads that the threshold of doubt keeps.
        mixed: whether bfloat16 may be computed in where the machine gains by it (``training.precision``).
        target_accuracy: validation accuracy at which training ends; 0 never ends early.
        repeats: passes over the training set in one epoch, where it is small.
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

    @property
    def comes_to_rest(self) -> bool:
        """Whether the weights settle: the learning rate falls to nothing, and they are averaged.

        Then the last weights are kept. The epoch of the highest validation accuracy would be chosen by a few
        pictures, from a time when the rate was still high.
        """
        return self.schedule == "one-cycle" and self.averaging > 0

    repeats: int = 1


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

# What differs from the profile for one data set, or for one architecture on it.
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
    """The recipe of a profile for one data set and architecture.

    Args:
        dataset: a name in the catalogue, or empty for somebody's own pictures.
        model: the architecture.
        profile: one of ``PROFILES``.
        own: single fields to replace.
        pictures: of somebody's own training set, whose size decides how it is trained on.
    """
    recipe = _BY_PROFILE[profile]
    if not dataset and pictures is not None:
        recipe = replace(recipe, **by_size(pictures, profile))
    for key in ((dataset, profile), (dataset, profile, model)):
        recipe = replace(recipe, **_SPECIAL.get(key, {}))
    recipe = replace(recipe, **(own or {}))
    # A net that was never shown a mirrored shoe takes it for something else.
    unseen = recipe.augmentation == "none" and "mirrored" not in (own or {})
    return replace(recipe, mirrored=False) if unseen else recipe
