"""Remarks that explain an epoch's figures to a learner, where they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.recipes import Recipe


def validation_ahead(row: Mapping[str, float], recipe: Recipe) -> str:
    """Explain why validation accuracy is above training accuracy in an epoch; empty if it is not."""
    if row["val_accuracy"] <= row["accuracy"]:
        return ""
    said = "validation accuracy is above training accuracy because "
    if recipe.augmentation == "none":
        said += "training accuracy is measured while the net is still improving"
        return said + " (and with dropout on, if it has any)"
    said += f"the training pictures are distorted (--augmentation {recipe.augmentation})"
    if recipe.uploads:
        said += " and some are drawn like photographs"
    if "clean_accuracy" in row:
        said += f"; on unchanged training pictures it is {row['clean_accuracy']:.4f}"
    return said


def of(history: Sequence[Mapping[str, float]], recipe: Recipe) -> tuple[int, str]:
    """Return the first epoch that needs a remark, from 1, and the remark; 0 and empty if none does."""
    for number, row in enumerate(history, start=1):
        if text := validation_ahead(row, recipe):
            return number, text
    return 0, ""
