"""The experiments: each varies one thing. Plain data, quick to import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from training.architectures import Options
from training.config import TrainConfig

PLAIN: Mapping[str, Any] = {
    "epochs": 15,
    "learning_rate": 0.001,
    "schedule": "constant",
    "optimizer": "adam",
    "loss": "cross-entropy",
    "batch_size": 128,
    "augmentation": "none",
    "averaging": 0.0,
    "mixed": False,
    "label_smoothing": 0.0,
    "target_accuracy": 0.0,
}
"""The fields of the recipe that all experiments start from, without anything that would hide an effect."""

_LESSON_EPOCHS = 20
_CONVOLUTION_EPOCHS = 5  # one takes as long as five to twenty epochs of a dense net


@dataclass(frozen=True)
class Variant:
    """One variant within an experiment.

    Attributes:
        label: its name in tables and plots.
        model: the architecture.
        options: the options of the architecture.
        recipe: fields of the recipe that differ from ``PLAIN``.
        most_seeds: the most seeds to train it with; low for a slow variant.
    """

    label: str
    model: str = "dense-256"
    options: Options = field(default_factory=Options)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    most_seeds: int = 1000


@dataclass(frozen=True)
class Trial:
    """One training of an experiment. Experiments that need the same training share it.

    Attributes:
        experiment: name of the experiment.
        variant: the variant to train.
        dataset: name of the data set.
        seed: seed of all random numbers.
    """

    experiment: str
    variant: Variant
    dataset: str
    seed: int

    @property
    def key(self) -> str:
        """The identity of the training, the same in every shard and experiment."""
        changed = {
            f.name: value
            for f in fields(Options)
            if (value := getattr(self.variant.options, f.name)) != f.default
        }
        changed |= {name: value for name, value in self.variant.recipe.items() if value != PLAIN.get(name)}
        parts = [f"{name}={value}" for name, value in sorted(changed.items())]
        return ",".join([self.dataset, self.variant.model, *parts, f"seed={self.seed}"])

    def config(self, epochs: int | None = None) -> TrainConfig:
        """Return the configuration of the training.

        Args:
            epochs: replaces the experiment's number of epochs; None keeps it.
        """
        overrides = {**PLAIN, **self.variant.recipe}
        if epochs is not None:
            overrides["epochs"] = epochs
        return TrainConfig(
            dataset=self.dataset,
            model=self.variant.model,
            profile="fast",
            seed=self.seed,
            options=self.variant.options,
            overrides=overrides,
        )


def _convolution(label: str, model: str, units: int | None = None, most_seeds: int = 1) -> Variant:
    return Variant(label, model, Options(units=units), {"epochs": _CONVOLUTION_EPOCHS}, most_seeds)


EXPERIMENTS: Mapping[str, tuple[Variant, ...]] = {
    "neurons": (
        Variant("32 neurons", "dense-128", Options(units=32)),
        *(Variant(f"{n} neurons", f"dense-{n}") for n in (128, 256, 512, 1024)),
    ),
    "layers": (
        Variant("1 hidden layer"),
        Variant("2 hidden layers", "dense-deep"),
        Variant("3 hidden layers", "dense-deep", Options(layers=3)),
    ),
    "epochs": tuple(Variant(f"{n} epochs", recipe={"epochs": n}) for n in (5, 15, 30)),
    "normalisation": (Variant("0..1"), Variant("0..255", options=Options(normalise=False))),
    "dropout": tuple(
        Variant(f"dropout {rate or 0:g}", options=Options(dropout=rate), recipe={"epochs": 30})
        for rate in (None, 0.2, 0.5, 0.8)
    ),
    "lesson": tuple(
        Variant(label, model, recipe={"epochs": _LESSON_EPOCHS})
        for label, model in (("two convolutions", "cnn-lesson"), ("three convolutions", "cnn-lesson-deep"))
    ),
    "lesson-dropout": tuple(
        Variant(f"dropout {rate or 0:g}", "cnn-lesson", Options(dropout=rate), {"epochs": _LESSON_EPOCHS})
        for rate in (None, 0.2, 0.5, 0.8)
    ),
    "optimizer": tuple(
        Variant(
            f"{name}, {loss.replace('-', ' ')}",
            recipe={"optimizer": optimizer, "loss": loss, "learning_rate": rate},
        )
        for name, optimizer, rate in (("SGD", "plain-sgd", 0.01), ("Adam", "adam", 0.001))
        for loss in ("cross-entropy", "mean-squared-error")
    ),
    "callback": tuple(
        Variant(label, recipe={"epochs": 30, "target_accuracy": target})
        for label, target in (("to the end", 0.0), ("StopAtAccuracy", 1.0))
    ),
    "architecture": (
        Variant("dense-128", "dense-128"),
        Variant("dense-512", "dense-512"),
        Variant("dense-deep", "dense-deep"),
        _convolution("cnn-small, 8 filters", "cnn-small", 8, most_seeds=2),
        _convolution("cnn-small", "cnn-small", most_seeds=2),
        _convolution("cnn, 8 filters", "cnn", 8),
        _convolution("cnn", "cnn"),
        _convolution("cnn-deep", "cnn-deep"),
    ),
}

# Targets for StopAtAccuracy that a plain dense net reaches well before its last epoch.
_TARGETS = {"mnist": 0.975, "fashion_mnist": 0.88, "digits": 0.95}


def trials(names: Iterable[str], datasets: Iterable[str], seeds: int) -> list[Trial]:
    """List all trials of some experiments, in an order that is the same in every shard.

    Args:
        names: names of the experiments.
        datasets: names of the data sets.
        seeds: training runs per variant.
    """
    return [
        Trial(name, _for_dataset(variant, dataset), dataset, seed)
        for name in names
        for dataset in datasets
        for variant in EXPERIMENTS[name]
        for seed in range(min(seeds, variant.most_seeds))
    ]


def distinct(asked: Iterable[Trial]) -> list[Trial]:
    """Return each training once, even if several experiments need it."""
    return list({trial.key: trial for trial in asked}.values())


def _for_dataset(variant: Variant, dataset: str) -> Variant:
    """Replace a variant's target accuracy, if it has one, by the data set's."""
    if not variant.recipe.get("target_accuracy"):
        return variant
    return replace(variant, recipe={**variant.recipe, "target_accuracy": _TARGETS[dataset]})
