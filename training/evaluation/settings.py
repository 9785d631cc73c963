"""The settings of a run as text, for the report."""

from __future__ import annotations

from training.config import TrainConfig
from training.datasets import Dataset


def rows(config: TrainConfig, data: Dataset) -> list[tuple[str, str]]:
    """Return name and value of each setting."""
    recipe = config.recipe()
    smoothing = f", label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else ""
    target = f"at a validation accuracy of {recipe.target_accuracy:g}" if recipe.target_accuracy else "never"
    return [
        ("data set", config.dataset_name),
        ("architecture", config.architecture),
        ("profile", config.profile),
        ("epochs at most", str(recipe.epochs)),
        ("ends early", target),
        ("pictures per step", str(recipe.batch_size)),
        ("learning rate", f"{recipe.learning_rate:g}, {recipe.schedule}"),
        ("optimizer", recipe.optimizer),
        ("loss", recipe.loss + smoothing),
        ("augmentation", recipe.augmentation),
        ("running average of the weights", f"{recipe.averaging:g}" if recipe.averaging else "none"),
        ("synthetic uploads, strangers", f"{recipe.uploads:,}, {recipe.strangers:,}"),
        ("validation", _validation(config, data)),
        ("seed", str(config.seed)),
    ]


def _validation(config: TrainConfig, data: Dataset) -> str:
    if data.folds:
        return f"cross-validation with {data.folds} folds"
    return f"{config.validation_split:.0%} of the training pictures held out"
