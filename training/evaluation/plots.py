"""The plots of a run: learning curves, confusion matrix, reliability diagram, mistakes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from training.datasets import Split
from training.evaluation.metrics import reliability

matplotlib.rcParams["text.parse_math"] = False  # a class may be called "$\alpha$"

_MISTAKES = 24
_COLUMNS = 8
_MOST_NUMBERED, _MOST_NAMED = 40, 120
_LONGEST_NAME = 30
_DOTS_PER_INCH = 100


def learning_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Plot loss and accuracy by epoch, with the gap between training and validation shaded.

    If training augmented the pictures, the gap is the one to some unchanged training pictures.

    Args:
        history: one row of figures per epoch.
    """
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        train, held_out = [row[name] for row in history], [row[f"val_{name}"] for row in history]
        axes.plot(epochs, train, marker=".", label="training")
        axes.plot(epochs, held_out, marker=".", label="validation")
        if f"clean_{name}" in history[0]:
            axes.lines[0].set_label("training, augmented")
            train = [row[f"clean_{name}"] for row in history]
            axes.plot(epochs, train, marker=".", label="training, unchanged")
        overfit = (
            np.array(held_out) > np.array(train) if name == "loss" else np.array(held_out) < np.array(train)
        )
        axes.fill_between(epochs, train, held_out, where=overfit, alpha=0.2, label="overfitting gap")
        axes.set(xlabel="epoch", ylabel=name)
        by_epoch(axes)
        axes.legend()
    return figure


def confusion(counts: NDArray[np.int64], names: Sequence[str]) -> Figure:
    """Plot the confusion matrix with its counts, coloured by share of the true class.

    With many classes, the counts and then some of the names are left out, because the time and memory for a
    plot grow with the square of its side.

    Args:
        counts: int64 ``[K, K]``, true class by answered class.
        names: names of the K classes.
    """
    side = max(6.5, min(len(names), _MOST_NAMED) * 0.25)
    figure = Figure(figsize=(side, side - 1), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count and len(names) <= _MOST_NUMBERED:
            shade = "white" if row == column else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=shade, fontsize=8)
    named = range(0, len(names), -(-len(names) // _MOST_NAMED))
    axes.set_xticks(named, [short(names[k]) for k in named], rotation=45, ha="right")
    axes.set_yticks(named, [short(names[k]) for k in named])
    axes.set(xlabel="answer", ylabel="truth")
    return figure


def reliability_diagram(
    before: NDArray[np.float32], after: NDArray[np.float32], labels: NDArray[np.uint8]
) -> Figure:
    """Plot accuracy against confidence; the diagonal is perfect calibration.

    Args:
        before: float32 ``[N, K]``, probabilities before temperature scaling.
        after: float32 ``[N, K]``, probabilities after it.
        labels: ``[N]``, the right classes.
    """
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for name, probabilities in (("before scaling", before), ("after scaling", after)):
        bins = reliability(probabilities, labels)
        axes.plot([said for _, said, _ in bins], [right for _, _, right in bins], marker="o", label=name)
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend()
    return figure


def mistakes(probabilities: NDArray[np.float32], test: Split, names: Sequence[str]) -> Figure:
    """Plot the most confident wrong answers, each with true class, answered class and confidence.

    Args:
        probabilities: float32 ``[N, K]``, the answers.
        test: the N test pictures with their labels.
        names: names of the K classes.
    """
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != test.labels)
    worst = wrong[np.argsort(-confidence[wrong])][:_MISTAKES]
    figure = Figure(figsize=(_COLUMNS * 1.3, 5.0), layout="constrained")
    grid = figure.subplots(_MISTAKES // _COLUMNS, _COLUMNS).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, n in zip(grid, worst, strict=False):
        axes.imshow(test.images[n], cmap="gray")
        truth, answer = short(names[test.labels[n]]), short(names[answers[n]])
        title = f"true {truth}\nanswer {answer}\n{100 * confidence[n]:.1f} %"
        axes.set_title(title, fontsize=7)
    return figure


def short(name: str) -> str:
    """Return the name of a class, shortened if it would leave no room for the plot."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def by_epoch(axes: Axes) -> None:
    """Put the ticks of an x axis of epochs at whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def png(figure: Figure) -> bytes:
    """Render a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    return buffer.getvalue()
