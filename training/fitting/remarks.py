"""What a learner asks at the sight of an epoch's figures, answered where they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.recipes import Recipe


def validation_ahead(row: Mapping[str, float], recipe: Recipe) -> str:
    """Why validation accuracy is above training accuracy in this epoch; empty where it is not."""
    if row["val_accuracy"] <= row["accuracy"]:
        return ""
    said = "validation accuracy is above training accuracy because "
    if recipe.augmentation == "none":
        said += "training accuracy is measured while the net still improves"
        return said + " (and with dropout on, if it has any)"
    said += f"the training pictures are distorted (--augmentation {recipe.augmentation})"
    if recipe.uploads:
        said += " and some are drawn as photographs are"
    if "clean_accuracy" in row:
        said += f"; on training pictures as they are it is {row['clean_accuracy']:.4f}"
    return said


def of(history: Sequence[Mapping[str, float]], recipe: Recipe) -> tuple[int, str]:
    """The first epoch, from 1, of which there is something to say, and that; 0 and nothing without one."""
    for number, row in enumerate(history, start=1):
        if text := validation_ahead(row, recipe):
            return number, text
    return 0, ""
