"""The experiments: each asks one question by varying one thing. Plain data, quick to import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from training.config import Options, TrainConfig

# The recipe of the lessons: nothing that would hide what is being varied.
PLAIN: Mapping[str, Any] = {
    "learning_rate": 0.001,
    "schedule": "constant",
    "optimizer": "adam",
    "batch_size": 128,
    "augmentation": "none",
    "averaging": 0.0,
    "label_smoothing": 0.0,
    "target_accuracy": 0.0,
}
_EPOCHS = 15


@dataclass(frozen=True)
class Variant:
    """One value of what an experiment varies.

    Attributes:
        label: what it is called in tables and plots.
        model: the architecture.
        options: of the architecture.
        recipe: fields of the recipe that differ from ``PLAIN``.
    """

    label: str
    model: str = "dense-256"
    options: Options = field(default_factory=Options)
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """One training of the laboratory.

    Attributes:
        experiment: it belongs to.
        variant: what is varied.
        dataset: it is trained on.
        seed: of everything that draws.
    """

    experiment: str
    variant: Variant
    dataset: str
    seed: int

    @property
    def key(self) -> str:
        """Its name, the same in every shard."""
        label = "".join(c if c.isalnum() else "-" for c in self.variant.label)
        return f"{self.experiment}.{self.dataset}.{label}.{self.seed}"

    def config(self, epochs: int | None = None) -> TrainConfig:
        """The training job of it; ``epochs`` replaces the experiment's."""
        overrides = {**PLAIN, "epochs": _EPOCHS, **self.variant.recipe}
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


EXPERIMENTS: Mapping[str, tuple[Variant, ...]] = {
    "neurons": tuple(
        Variant(f"{n} neurons", "dense-128", Options(units=n)) for n in (32, 64, 128, 256, 512, 1024)
    ),
    "layers": tuple(
        Variant(f"{n} hidden", "dense-256", Options(layers=n), {"epochs": 15}) for n in (1, 2, 3, 4)
    ),
    "epochs": tuple(
        Variant(f"{n} epochs", "dense-512", recipe={"epochs": n}) for n in (5, 15, 30)
    ),
    "normalisation": (
        Variant("0..1", "dense-256"),
        Variant("0..255", "dense-256", Options(normalise=False)),
    ),
    "dropout": tuple(
        Variant(f"dropout {rate:g}", "dense-512", Options(dropout=rate), {"epochs": 30})
        for rate in (0.0, 0.2, 0.5, 0.8)
    ),
    "architecture": tuple(
        Variant(model, model, Options(units=units), {"epochs": 8})
        for model, units in (
            ("dense-128", None), ("dense-512", None), ("dense-deep", None),
            ("cnn", 8), ("cnn", 16), ("cnn-deep", None),
        )
    ),
    "callback": tuple(
        Variant(label, "dense-512", recipe={"epochs": 30, "target_accuracy": target})
        for label, target in (("to the end", 0.0), ("StopAtAccuracy", 0.88))
    ),
    "optimizer": tuple(
        Variant(f"{optimizer}, {loss}", recipe={"optimizer": optimizer, "loss": loss, "learning_rate": rate})
        for optimizer, rate in (("sgd", 0.01), ("adam", 0.001))
        for loss in ("cross-entropy", "mean-squared-error")
    ),
}  # fmt: skip

_TARGETS = {"mnist": 0.975, "fashion_mnist": 0.88, "digits": 0.95}


def trials(names: Iterable[str], datasets: Iterable[str], seeds: int) -> list[Trial]:
    """Every training of some experiments, in an order that is the same in every shard."""
    return [
        Trial(name, _for_dataset(variant, dataset), dataset, seed)
        for name in names
        for dataset in datasets
        for variant in _distinct(EXPERIMENTS[name])
        for seed in range(seeds)
    ]


def _distinct(variants: tuple[Variant, ...]) -> list[Variant]:
    """Variants whose labels differ: the width is added where one architecture comes twice."""
    labels = [variant.label for variant in variants]
    return [
        replace(v, label=f"{v.label} {v.options.units}") if labels.count(v.label) > 1 else v for v in variants
    ]


def _for_dataset(variant: Variant, dataset: str) -> Variant:
    """The target that a data set's plain dense net can reach."""
    if not variant.recipe.get("target_accuracy"):
        return variant
    return replace(variant, recipe={**variant.recipe, "target_accuracy": _TARGETS[dataset]})
