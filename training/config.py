"""What a training job is told: a frozen dataclass, its values checked before anything heavy is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from serving.contract import RECIPE_GARMENT, RECIPE_INK, RECIPE_NONE, RECIPE_SYMBOL
from training import transfer
from training.datasets import Asked, Extra, Traits, is_path, name_of
from training.datasets.catalogue import CATALOGUE
from training.errors import BadArgument
from training.recipes import PROFILES, Recipe, recipe_for

ARCHITECTURES = (
    "dense-128", "dense-256", "dense-512", "dense-1024", "dense-deep",
    "cnn-lesson", "cnn-lesson-deep",
    "cnn", "cnn-small", "cnn-middle", "cnn-wide", "cnn-deep", "cnn-dropout", "resnet",
)  # fmt: skip
# What the command line takes where no --model is given; every other data set gets the first.
DEFAULT_MODEL = "cnn"
DEFAULT_MODELS = {"fashion_mnist": "cnn-wide"}
GATES = ("point", "lower-bound")
OPTIMIZERS = ("adam", "adamw", "sgd", "plain-sgd")
LOSSES = ("cross-entropy", "mean-squared-error")
AUGMENTATIONS = ("none", "light", "strong")
PREPARATIONS = {"ink": RECIPE_INK, "symbol": RECIPE_SYMBOL, "garment": RECIPE_GARMENT, "none": RECIPE_NONE}
_SIZED = re.compile(r"dense-[0-9]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Options:
    """What can be varied within an architecture; None leaves the architecture's own value.

    Attributes:
        units: neurons of a hidden dense layer, or filters of the first convolution.
        layers: number of hidden dense layers (``dense-*``).
        dropout: part of the activations dropped before the last layer.
        normalise: False feeds the network 0..255 instead of 0..1, to see the effect.
    """

    units: int | None = None
    layers: int | None = None
    dropout: float | None = None
    normalise: bool = True


@dataclass(frozen=True)
class TrainConfig:
    """One training job. None means: as the profile says (``recipe``), or as the data set says.

    Attributes:
        dataset: a name in the catalogue, or the path of somebody's own pictures.
        preparation: one of ``PREPARATIONS``, how own pictures are prepared; None for that of the named data
            set that they are, else ``ink``, or ``symbol`` where they have several marks.
        max_bad: the part of own pictures that may be unusable.
        drop_duplicates: leave copies among own pictures out instead of refusing them.
        traits: of the data set where it is somebody's own; known once it has been read.
        extra: corrections to train with beside the data set, laid out as own pictures are.
        extra_weight: how many times in an epoch each correction is shown.
        start_from: the folder of a published version whose convolutions the training begins with.
        model: one of ``ARCHITECTURES``, or a Python file whose ``build()`` gives the layers.
        profile: ``fast``, ``standard`` or ``full``.
        name: of the published model; the data set's unless given.
        models_dir: versions are published to ``<models_dir>/<name>/<version>``.
        run_dir: the folder of this run; a folder that holds an unfinished run is continued.
        data_dir: the first place to look for the data.
        epochs: passes over the training set.
        batch_size: pictures a step.
        learning_rate: the highest of the schedule.
        target_accuracy: validation accuracy at which training ends; 0 never ends early.
        validation_split: part of the training set held out.
        seed: of the split, the weights, the order and the augmentation.
        deterministic: bit-identical results at some cost in speed.
        min_accuracy: test accuracy that the gate asks for.
        min_class_recall: the lowest recall of any class that the gate accepts.
        max_calibration_error: the highest expected calibration error that the gate accepts.
        gate: ``point`` compares the accuracy, ``lower-bound`` the low end of its 95 % interval.
        max_drop: how far the test accuracy may be below the best ever published under this name.
        allow_regression: publish although published versions are better, or could not be compared.
        allow_other_data: publish even if the version that serves was trained on other data.
        models_config: the model server's configuration, which says what serves; ``models.config`` beside the
            models unless given.
        keep: how many versions are kept when this one is published; None keeps all.
        options: see ``Options``.
        overrides: further fields of ``Recipe`` that replace the profile's.
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
            BadArgument: naming the option, what it takes and what it was given.
        """
        _check_dataset(self.dataset, self.preparation)
        _check_model(self.model, self.options)
        _choice("--profile", self.profile, PROFILES)
        _choice("--gate", self.gate, GATES)
        if not _NAME.fullmatch(self.published_name) or self.published_name.isdigit():
            raise BadArgument(f"--name {self.published_name!r}: letters, digits, - _ . and not only digits")
        if self.extra is not None and not self.extra.exists():
            raise BadArgument(f"--extra {self.extra}: there is no such folder")
        _counts(self)
        _parts(self)
        if self.learning_rate is not None and not (
            math.isfinite(self.learning_rate) and self.learning_rate > 0
        ):
            raise BadArgument(f"--learning-rate must be a number above 0, not {self.learning_rate}")
        unknown = set(self.overrides) - {f.name for f in fields(Recipe)}
        if unknown:
            raise BadArgument(f"a recipe has no {', '.join(sorted(unknown))}")
        for name, known in (
            ("optimizer", OPTIMIZERS),
            ("loss", LOSSES),
            ("augmentation", AUGMENTATIONS),
        ):
            if name in self.overrides:
                _choice(f"--{name}", self.overrides[name], known)

    @property
    def published_name(self) -> str:
        """The name under which versions are published."""
        return self.name if self.name is not None else self.dataset_name

    @property
    def dataset_name(self) -> str:
        """The data set's name; of somebody's own, that of its folder or file."""
        return name_of(Path(self.dataset)) if is_path(self.dataset) else self.dataset

    @property
    def asked(self) -> Asked:
        """How the data set is to be taken."""
        recipe = None if self.preparation is None else PREPARATIONS[self.preparation]
        if recipe is None and self.start_from is not None:
            recipe = transfer.recipe_of(self.start_from)
        return Asked(recipe, self.validation_split, self.seed, self.max_bad, self.drop_duplicates)

    @property
    def corrections(self) -> Extra | None:
        """The corrections to train with."""
        return None if self.extra is None else Extra(self.extra, self.extra_weight)

    @property
    def architecture(self) -> str:
        """What is trained, in one word: the model with what its options change, such as ``dense-64``."""
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
        """What the gate asks of the test accuracy."""
        if self.min_accuracy is not None:
            return self.min_accuracy
        return self.traits.min_accuracy if self.traits else CATALOGUE[self.dataset].min_accuracy

    def recipe(self) -> Recipe:
        """The profile's recipe with this job's own values in place."""
        own = {
            name: getattr(self, name) for name in ("epochs", "batch_size", "learning_rate", "target_accuracy")
        }
        given = {name: value for name, value in own.items() if value is not None}
        kind, pictures = (self.traits.kind, self.traits.pictures) if self.traits else (self.dataset, None)
        return recipe_for(kind, self.model, self.profile, {**given, **self.overrides}, pictures)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        body = asdict(self)
        return {name: str(value) if isinstance(value, Path) else value for name, value in body.items()}


def default_model(dataset: str, traits: Traits | None = None) -> str:
    """The architecture where none is given: clothing takes a wider net, whoever it belongs to."""
    if traits is not None and not traits.kind and traits.recipe == RECIPE_GARMENT:
        return DEFAULT_MODELS["fashion_mnist"]
    return DEFAULT_MODELS.get(traits.kind if traits else dataset, DEFAULT_MODEL)


def _choice(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadArgument(f"{option} {value!r} is unknown; there are {', '.join(known)}")


def _check_dataset(dataset: str, preparation: str | None) -> None:
    if dataset not in CATALOGUE and not is_path(dataset):
        raise BadArgument(
            f"--dataset {dataset!r} is unknown; there are {', '.join(CATALOGUE)}, or the path of own pictures"
        )
    if preparation is None:
        return
    _choice("--recipe", preparation, tuple(PREPARATIONS))
    if not is_path(dataset):
        raise BadArgument(
            f"--recipe is for the path of own pictures; {dataset} is prepared by its own recipe"
        )


def own_file(model: str) -> bool:
    """Whether a model is a learner's own file and no name."""
    return model.endswith(".py")


def _check_model(model: str, options: Options) -> None:
    """An option that the architecture does not heed is refused: it would say what was not done."""
    if own_file(model):
        if not Path(model).is_file():
            raise BadArgument(f"--model {model}: there is no such file")
        heeded: tuple[str, ...] = ()
    else:
        _choice("--model", model, ARCHITECTURES)
        heeded = ("units", "layers", "dropout") if model.startswith("dense") else ("units", "dropout")
    for name in ("units", "layers", "dropout"):
        if getattr(options, name) is not None and name not in heeded:
            takes = f"it takes {', '.join(f'--{each}' for each in heeded)}" if heeded else "its file says all"
            raise BadArgument(f"--{name} has no effect on {model}: {takes}")


def _counts(config: TrainConfig) -> None:
    counts = {
        "--epochs": config.epochs,
        "--batch-size": config.batch_size,
        "--extra-weight": config.extra_weight,
        "--units": config.options.units,
        "--layers": config.options.layers,
        "--keep": config.keep,
    }
    for option, value in counts.items():
        if value is not None and value < 1:
            raise BadArgument(f"{option} must be a whole number from 1, not {value}")
    if not 0 <= config.seed < 2**31:
        raise BadArgument(f"--seed must be a whole number from 0 to {2**31 - 1}, not {config.seed}")


def _parts(config: TrainConfig) -> None:
    parts = {
        "--target-accuracy": config.target_accuracy,
        "--min-accuracy": config.min_accuracy,
        "--min-class-recall": config.min_class_recall,
        "--max-calibration-error": config.max_calibration_error,
        "--max-drop": config.max_drop,
        "--max-bad": config.max_bad,
    }
    for option, value in parts.items():
        if value is not None and not 0 <= value <= 1:
            raise BadArgument(f"{option} must be from 0 to 1, such as 0.99, not {value}")
    if not 0 < config.validation_split < 1:
        raise BadArgument(
            f"--validation-split must be between 0 and 1, such as 0.1, not {config.validation_split}"
        )
    if config.options.dropout is not None and not 0 <= config.options.dropout < 1:
        raise BadArgument(f"--dropout must be at least 0 and below 1, not {config.options.dropout}")
