"""The configuration of a training job: a frozen dataclass, checked before anything heavy is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from serving.contract import RECIPE_GARMENT
from training import config_checks, transfer
from training.architectures import Options
from training.config_checks import PREPARATIONS
from training.datasets import Asked, Extra, Traits, is_path, name_of
from training.datasets.catalogue import CATALOGUE
from training.recipes import Recipe, recipe_for

DEFAULT_MODEL = "cnn"
DEFAULT_MODELS = {"fashion_mnist": "cnn-wide"}
"""The default architecture of a data set; ``DEFAULT_MODEL`` for every other one."""

_SIZED = re.compile(r"dense-[0-9]+")


@dataclass(frozen=True)
class TrainConfig:
    """One training job. None stands for the value of the profile (``recipe``) or of the data set.

    Attributes:
        dataset: a name in the catalogue, or the path of the user's own pictures.
        preparation: a key of ``PREPARATIONS``: how own pictures are prepared. None takes the recipe of the
            named data set if the pictures are one, else ``ink``, or ``symbol`` if they have several marks.
        max_bad: share of own pictures that may be unusable, 0..1.
        drop_duplicates: leave out copies among own pictures instead of refusing the data set.
        traits: traits of the user's own data set, once it has been read.
        extra: corrections to train on besides the data set, in any form that own pictures can have.
        extra_weight: how often each correction is shown per epoch.
        start_from: folder of a published version; training starts with its weights except the last layer's.
        model: a key of ``ARCHITECTURES``, or a Python file whose ``build()`` returns layers.
        profile: ``fast``, ``standard`` or ``full``.
        name: name of the published model; by default the data set's.
        models_dir: versions are published to ``<models_dir>/<name>/<version>``.
        run_dir: folder of this run; an unfinished run in it is continued.
        data_dir: the folder to search for the data first.
        epochs: passes over the training set.
        batch_size: pictures per step.
        learning_rate: the highest learning rate of the schedule.
        target_accuracy: validation accuracy at which training ends, 0..1; 0 never ends it early.
        validation_split: share of the training set to hold out for validation, 0..1.
        seed: seed of the split, the weights, the order and the augmentation.
        deterministic: make results bit-identical, at some cost in speed.
        min_accuracy: test accuracy that the gate requires, 0..1.
        min_class_recall: recall that the gate requires of every class, 0..1.
        max_calibration_error: highest expected calibration error that the gate accepts, 0..1.
        gate: ``point`` compares the accuracy, ``lower-bound`` the lower end of its 95 % interval.
        max_drop: how far the test accuracy may be below the best ever published under this name.
        allow_regression: publish even if a published version is better or could not be compared.
        allow_other_data: publish even if the serving version was trained on other data.
        models_config: the model server's configuration, which names the serving version; by default
            ``models.config`` in ``models_dir``.
        keep: number of newest versions to keep after publishing; None keeps all.
        options: variations of the architecture.
        overrides: other fields of ``Recipe`` that replace the profile's.
    """

    dataset: str = "mnist"
    preparation: str | None = None
    max_bad: float = 0.01
    drop_duplicates: bool = False
    traits: Traits | None = None
    extra: Path | None = None
    extra_weight: int = 10
    start_from: Path | None = None
    model: str = DEFAULT_MODEL
    profile: str = "standard"
    name: str | None = None
    models_dir: Path = Path("models")
    run_dir: Path | None = None
    data_dir: Path | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    target_accuracy: float | None = None
    validation_split: float = 0.1
    seed: int = 0
    deterministic: bool = False
    min_accuracy: float | None = None
    min_class_recall: float = 0.0
    max_calibration_error: float = 1.0
    gate: str = "point"
    max_drop: float = 0.01
    allow_regression: bool = False
    allow_other_data: bool = False
    models_config: Path | None = None
    keep: int | None = None
    options: Options = field(default_factory=Options)
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            BadArgument: naming the option, the values it accepts and the value given.
        """
        config_checks.check(self)

    @property
    def published_name(self) -> str:
        """The name under which the model is published."""
        return self.name if self.name is not None else self.dataset_name

    @property
    def dataset_name(self) -> str:
        """The data set's name; for own pictures, the name of their folder or file."""
        return name_of(Path(self.dataset)) if is_path(self.dataset) else self.dataset

    @property
    def asked(self) -> Asked:
        """How the data set is to be read and split."""
        recipe = None if self.preparation is None else PREPARATIONS[self.preparation]
        if recipe is None and self.start_from is not None:
            recipe = transfer.recipe_of(self.start_from)
        return Asked(recipe, self.validation_split, self.seed, self.max_bad, self.drop_duplicates)

    @property
    def corrections(self) -> Extra | None:
        """The corrections to train on, if there are any."""
        return None if self.extra is None else Extra(self.extra, self.extra_weight)

    @property
    def architecture(self) -> str:
        """The model and its changed options in one word, such as ``dense-64`` or ``cnn-dropout-0.3``."""
        name, options = Path(self.model).stem, self.options
        changes = []
        if options.units is not None:
            if _SIZED.fullmatch(name):
                name = f"dense-{options.units}"
            else:
                changes.append(f"units-{options.units}")
        changes += [f"layers-{options.layers}"] if options.layers is not None else []
        changes += [f"dropout-{options.dropout:g}"] if options.dropout is not None else []
        changes += [] if options.normalise else ["not-normalised"]
        return "-".join([name, *changes])

    @property
    def required_accuracy(self) -> float:
        """The test accuracy that the gate requires, 0..1."""
        if self.min_accuracy is not None:
            return self.min_accuracy
        return self.traits.min_accuracy if self.traits else CATALOGUE[self.dataset].min_accuracy

    def recipe(self) -> Recipe:
        """Return the profile's recipe with this job's own values."""
        own = {
            name: getattr(self, name) for name in ("epochs", "batch_size", "learning_rate", "target_accuracy")
        }
        given = {name: value for name, value in own.items() if value is not None}
        kind, pictures = (self.traits.kind, self.traits.pictures) if self.traits else (self.dataset, None)
        return recipe_for(kind, self.model, self.profile, {**given, **self.overrides}, pictures)

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as plain JSON types."""
        body = asdict(self)
        return {name: str(value) if isinstance(value, Path) else value for name, value in body.items()}


def default_model(dataset: str, traits: Traits | None = None) -> str:
    """Return the default architecture of a data set; clothing, named or own, gets a wider net."""
    if traits is not None and not traits.kind and traits.recipe == RECIPE_GARMENT:
        return DEFAULT_MODELS["fashion_mnist"]
    return DEFAULT_MODELS.get(traits.kind if traits else dataset, DEFAULT_MODEL)
