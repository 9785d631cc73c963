"""Weights that make every class count the same if some have many more pictures than others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.datasets.split import Split

_EVEN = 1.5
"""The largest ratio of class sizes without weights."""


def balanced(train: Split, labels: tuple[str, ...]) -> tuple[Split, tuple[str, ...]]:
    """Add weights to a training part with uneven classes.

    Every class counts the same, and the mean weight of a picture is 1.

    Args:
        train: the training part.
        labels: the class names.

    Returns:
        The training part and the notes for the report; unchanged and empty if the classes are even.
    """
    counts = np.bincount(train.labels, minlength=len(labels))
    if counts.max() <= _EVEN * counts.min():
        return train, ()
    weights = (len(train) / (len(labels) * counts)).astype(np.float32)
    rare, common = int(counts.argmin()), int(counts.argmax())
    note = (
        f"the classes are uneven, so pictures were weighted: {weights[rare]:.2f} for each of the "
        f"{counts[rare]} of {labels[rare]!r}, {weights[common]:.2f} for each of the {counts[common]} of "
        f"{labels[common]!r}"
    )
    return replace(train, weights=weights[train.labels] * train.all_weights()), (note,)
