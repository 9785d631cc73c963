"""The most frequent confusions, with pictures: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.datasets import Split
from training.evaluation.plots import short

_ROWS, _COLUMNS = 6, 6


def confused(probabilities: NDArray[np.float32], test: Split, names: Sequence[str]) -> Figure:
    """Plot a row of pictures for each of the most frequent confusions.

    Args:
        probabilities: float32 ``[N, K]``, the answers.
        test: the N test pictures with their labels.
        names: names of the K classes.
    """
    pairs = worst_pairs(probabilities.argmax(axis=1), test)
    figure = Figure(figsize=(_COLUMNS * 1.3, max(1, len(pairs)) * 1.5), layout="constrained")
    grid = figure.subplots(max(1, len(pairs)), _COLUMNS, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for row, (truth, answer, places) in zip(grid, pairs, strict=False):
        title = f"{short(names[truth])} taken for {short(names[answer])}: {len(places)}"
        row[0].set_title(title, fontsize=8, loc="left")
        for axes, place in zip(row, places, strict=False):
            axes.imshow(test.images[place], cmap="gray", vmin=0, vmax=255)
    return figure


def worst_pairs(answers: NDArray[np.int64], test: Split) -> list[tuple[int, int, NDArray[np.int64]]]:
    """Find the most frequent confusions.

    Args:
        answers: int64 ``[N]``, the answered classes.
        test: the N test pictures with their labels.

    Returns:
        True class, answered class and the positions of the pictures, most frequent first.
    """
    wrong = np.flatnonzero(answers != test.labels)
    pairs, inverse, counts = np.unique(
        np.stack([test.labels[wrong], answers[wrong]], axis=1).astype(np.int64),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    order = np.argsort(-counts, kind="stable")[:_ROWS]
    return [(int(pairs[n, 0]), int(pairs[n, 1]), wrong[inverse.reshape(-1) == n]) for n in order]
