"""Checks of the values of a ``TrainConfig``, each naming the command-line option that is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.contract import RECIPE_GARMENT, RECIPE_INK, RECIPE_NONE, RECIPE_SYMBOL
from training.architectures import ARCHITECTURES, Options, is_file
from training.augmentation import STRENGTHS
from training.datasets import is_path
from training.datasets.catalogue import CATALOGUE
from training.errors import BadArgument
from training.recipes import LOSSES, OPTIMIZERS, PROFILES, Recipe

if TYPE_CHECKING:
    from training.config import TrainConfig

GATES = ("point", "lower-bound")
PREPARATIONS = {"ink": RECIPE_INK, "symbol": RECIPE_SYMBOL, "garment": RECIPE_GARMENT, "none": RECIPE_NONE}

_LONGEST_NAME, _TAKEN = 200, "models.config"  # serving.store.configuration.CONFIG_FILE, not imported here
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_OVERRIDES: Mapping[str, Collection[str]] = {
    "optimizer": OPTIMIZERS,
    "loss": LOSSES,
    "augmentation": STRENGTHS,
}


def check(config: TrainConfig) -> None:
    """Check every value of a configuration.

    Raises:
        BadArgument: naming the option, the values it accepts and the value given.
    """
    _check_dataset(config.dataset, config.preparation)
    _check_model(config.model, config.options)
    _check_choice("--profile", config.profile, PROFILES)
    _check_choice("--gate", config.gate, GATES)
    _check_name(config.published_name)
    if config.extra is not None and not config.extra.exists():
        raise BadArgument(f"--extra {config.extra}: there is no such folder")
    _check_counts(config)
    _check_shares(config)
    rate = config.learning_rate
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise BadArgument(f"--learning-rate must be above 0, not {rate}")
    _check_overrides(config.overrides)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.isdigit():
        raise BadArgument(f"--name {name!r}: use letters, digits, - _ and . but not digits alone")
    if name == _TAKEN or len(name) > _LONGEST_NAME:
        why = "the name of the model server's configuration" if name == _TAKEN else "too long"
        raise BadArgument(f"--name {name!r} is {why}; use another")


def _check_dataset(dataset: str, preparation: str | None) -> None:
    if dataset not in CATALOGUE and not is_path(dataset):
        raise BadArgument(
            f"--dataset {dataset!r} is unknown; choose from {', '.join(CATALOGUE)}, or pass the path of your "
            "own pictures"
        )
    if preparation is None:
        return
    _check_choice("--recipe", preparation, PREPARATIONS)
    if not is_path(dataset):
        raise BadArgument(f"--recipe is only for the path of your own pictures; {dataset} has its own recipe")


def _check_model(model: str, options: Options) -> None:
    """Check the architecture; an option without effect on it is an error, because it would be ignored."""
    if is_file(model):
        if not Path(model).is_file():
            raise BadArgument(f"--model {model}: there is no such file")
        takes: tuple[str, ...] = ()
    else:
        _check_choice("--model", model, ARCHITECTURES)
        takes = ARCHITECTURES[model].options
    for name in ("units", "layers", "dropout"):
        if getattr(options, name) is not None and name not in takes:
            why = (
                f"it takes {', '.join(f'--{each}' for each in takes)}" if takes else "change the file instead"
            )
            raise BadArgument(f"--{name} has no effect on {model}: {why}")


def _check_counts(config: TrainConfig) -> None:
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
            raise BadArgument(f"{option} must be at least 1, not {value}")
    if not 0 <= config.seed < 2**31:
        raise BadArgument(f"--seed must be from 0 to {2**31 - 1}, not {config.seed}")


def _check_shares(config: TrainConfig) -> None:
    shares = {
        "--target-accuracy": config.target_accuracy,
        "--min-accuracy": config.min_accuracy,
        "--min-class-recall": config.min_class_recall,
        "--max-calibration-error": config.max_calibration_error,
        "--max-drop": config.max_drop,
        "--max-bad": config.max_bad,
    }
    for option, value in shares.items():
        if value is not None and not 0 <= value <= 1:
            raise BadArgument(f"{option} must be from 0 to 1, such as 0.99, not {value}")
    if not 0 < config.validation_split < 1:
        raise BadArgument(
            f"--validation-split must be between 0 and 1, such as 0.1, not {config.validation_split}"
        )
    if config.options.dropout is not None and not 0 <= config.options.dropout < 1:
        raise BadArgument(f"--dropout must be at least 0 and below 1, not {config.options.dropout}")


def _check_overrides(overrides: Mapping[str, Any]) -> None:
    unknown = set(overrides) - {field.name for field in fields(Recipe)}
    if unknown:
        raise BadArgument(f"a recipe has no {', '.join(sorted(unknown))}")
    for name, known in _OVERRIDES.items():
        if name in overrides:
            _check_choice(f"--{name}", overrides[name], known)


def _check_choice(option: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise BadArgument(f"{option} {value!r} is unknown; choose from {', '.join(known)}")
