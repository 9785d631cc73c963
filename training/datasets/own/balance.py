"""Weights that let every class count alike where some have many more pictures than others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.datasets.split import Split

_EVEN = 1.5
"""How many times the smallest class the largest may be without weights."""


def balanced(train: Split, labels: tuple[str, ...]) -> tuple[Split, tuple[str, ...]]:
    """The training part with weights where its classes are uneven, and the sentence for the report.

    Each class counts alike, and a picture 1 on average.
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
