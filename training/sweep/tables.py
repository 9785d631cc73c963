"""The tables of a sweep's report, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from training.sweep.rows import Row

Column = Callable[[Row], str]

_ACCURACY: Mapping[str, Column] = {
    "test accuracy": lambda row: _accuracy(row),
    "precision": lambda row: f"{row.mean('test', 'macro_precision'):.2%}",
    "recall": lambda row: f"{row.mean('test', 'macro_recall'):.2%}",
}
_COST: Mapping[str, Column] = {
    "epochs": lambda row: f"{row.epochs():.3g}",
    "processor seconds": lambda row: f"{row.mean('processor_seconds'):.0f}",
}
_USUAL: Mapping[str, Column] = {
    "parameters": lambda row: f"{row.parameters:,}",
    **_ACCURACY,
    "overfitting gap": lambda row: f"{100 * row.gap():+.2f} points",
    "lowest validation loss": lambda row: f"{min(row.curve('val_loss')):.3f}, epoch {row.turning_point()}",
    **_COST,
}
_CALLBACK: Mapping[str, Column] = {
    **_ACCURACY,
    "validation: weights kept": lambda row: f"{row.kept()[0]:.2%}",
    "last epoch": lambda row: f"{row.kept()[1]:.2%}",
    **_COST,
}
_CALIBRATION: Mapping[str, Column] = {
    **_USUAL,
    "calibration error": lambda row: f"{row.mean('test', 'calibration_error'):.2%}",
}
_COLUMNS = {"callback": _CALLBACK, "optimizer": _CALIBRATION}


def variants(rows: Sequence[Row]) -> str:
    """Build the table of an experiment: one line per variant, data set by data set."""
    if not rows:
        return "No results yet.\n"
    columns = _COLUMNS.get(rows[0].experiment, _USUAL)
    lines = [
        [_name(row.dataset), row.variant, *(column(row) for column in columns.values())]
        for row in sorted(rows, key=lambda row: row.dataset, reverse=True)
    ]
    return markdown(["data set", "variant", *columns], lines)


def classes(rows: Sequence[Row]) -> str:
    """Build a table of precision, recall and F1 per class, for one net on each data set."""
    lines = [
        [
            _name(row.dataset),
            name,
            *(f"{row.of_class(name, figure):.2%}" for figure in ("precision", "recall", "f1")),
        ]
        for row in rows
        for name in row.results[0]["test"]["classes"]
    ]
    return markdown(["data set", "class", "precision", "recall", "F1"], lines)


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Build a Markdown table, ending with a newline."""
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _accuracy(row: Row) -> str:
    mean = f"{row.mean('test', 'accuracy'):.2%}"
    return f"{mean} ± {100 * row.spread('test', 'accuracy'):.2f}" if len(row.results) > 1 else mean


def _name(dataset: str) -> str:
    return {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}.get(dataset, dataset)
