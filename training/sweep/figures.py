"""The plots of a sweep's report, with the data sets side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluation.plots import by_epoch, png
from training.sweep.rows import Row


def curves(rows: Sequence[Row]) -> bytes:
    """Plot accuracy by epoch as PNG: training dashed, validation solid, a cross at its lowest loss."""
    figure, places = _panels(rows)
    for dataset, axes in places.items():
        for number, row in enumerate(row for row in rows if row.dataset == dataset):
            _curve(axes, row, f"C{number}")
        axes.set(title=dataset, xlabel="epoch", ylabel="accuracy (dashed: training)")
        by_epoch(axes)
        axes.legend(fontsize=8)
    return png(figure)


def losses(rows: Sequence[Row]) -> bytes:
    """Plot loss by epoch of the longest training as PNG; overfitting starts where the curves part."""
    figure, places = _panels(rows)
    for dataset, axes in places.items():
        row = max((row for row in rows if row.dataset == dataset), key=Row.epochs)
        train, held_out = row.curve("loss"), row.curve("val_loss")
        epochs = range(1, len(train) + 1)
        axes.plot(epochs, train, linestyle="dashed", label="training")
        axes.plot(epochs, held_out, marker=".", label="validation")
        axes.axvline(row.turning_point(), color="grey", linewidth=0.8, label="lowest validation loss")
        axes.set(title=f"{dataset}, {row.variant}", xlabel="epoch", ylabel="loss")
        by_epoch(axes)
        axes.legend(fontsize=8)
    return png(figure)


def sizes(rows: Sequence[Row]) -> bytes:
    """Plot test accuracy against number of parameters as PNG, for dense and convolutional nets."""
    figure, places = _panels(rows)
    for dataset, axes in places.items():
        for number, kind in enumerate(("dense", "cnn")):
            chosen = [row for row in rows if row.dataset == dataset and row.variant.startswith(kind)]
            sizes = [row.parameters for row in chosen]
            heights = [row.mean("test", "accuracy") for row in chosen]
            axes.scatter(sizes, heights, color=f"C{number}", label=kind)
            for row, size, height in zip(chosen, sizes, heights, strict=True):
                axes.annotate(row.variant, (size, height), (4, 4), textcoords="offset points", fontsize=7)
        axes.set(title=dataset, xlabel="parameters", ylabel="test accuracy", xscale="log")
        axes.margins(x=0.25, y=0.15)
        axes.legend(fontsize=8, loc="lower right")
    return png(figure)


def of(experiment: str, rows: Sequence[Row]) -> bytes:
    """Draw the plot that suits an experiment, as PNG."""
    return {"architecture": sizes, "epochs": losses}.get(experiment, curves)(rows)


def _panels(rows: Sequence[Row]) -> tuple[Figure, dict[str, Axes]]:
    datasets = sorted({row.dataset for row in rows}, reverse=True)
    figure = Figure(figsize=(5.5 * len(datasets), 4), layout="constrained")
    panels = figure.subplots(1, len(datasets), squeeze=False)[0]
    return figure, dict(zip(datasets, panels, strict=True))


def _curve(axes: Axes, row: Row, colour: str) -> None:
    train, held_out = row.curve("accuracy"), row.curve("val_accuracy")
    epochs, best = range(1, len(train) + 1), row.turning_point()
    axes.plot(epochs, train, color=colour, linestyle="dashed", linewidth=0.8)
    axes.plot(epochs, held_out, color=colour, linewidth=1.2, label=row.variant)
    axes.plot([best], [held_out[best - 1]], color=colour, marker="x")
