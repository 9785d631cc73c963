"""One report of all shards: for each variant the mean and the spread over its seeds, and the curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation import plots
from training.sweep.experiments import Trial
from training.sweep.runner import TRIALS_FOLDER

Result = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One variant over its seeds.

    Attributes:
        experiment: it belongs to.
        dataset: it was trained on.
        variant: its label.
        results: of its seeds.
    """

    experiment: str
    dataset: str
    variant: str
    results: tuple[Result, ...]

    def mean(self, *path: str) -> float:
        """The mean of a figure over the seeds."""
        return float(np.mean(self._values(*path)))

    def spread(self, *path: str) -> float:
        """The standard deviation of a figure over the seeds; 0 for a single one."""
        values = self._values(*path)
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def curve(self, name: str) -> list[float]:
        """The mean of a figure by epoch, as far as all seeds have come."""
        histories = [[row[name] for row in result["history"]] for result in self.results]
        length = min(map(len, histories))
        return [float(v) for v in np.mean([history[:length] for history in histories], axis=0)]

    def gap(self) -> float:
        """How much better the last epoch is on training than on validation data, in accuracy."""
        return self.curve("accuracy")[-1] - self.curve("val_accuracy")[-1]

    def turning_point(self) -> int:
        """The epoch, from 1, with the lowest validation loss: after it, training longer overfits."""
        return int(np.argmin(self.curve("val_loss"))) + 1

    def _values(self, *path: str) -> list[float]:
        return [_at(result, path) for result in self.results]


def merge(trials: Sequence[Trial], results: Path) -> list[str]:
    """Write ``report.md``, its plots and ``results.json`` from what the shards have left so far.

    Returns:
        The keys of the trials that have no result yet.
    """
    found, missing = [], []
    for trial in trials:
        place = results / TRIALS_FOLDER / f"{trial.key}.json"
        if place.exists():
            found.append(json.loads(place.read_text()))
        else:
            missing.append(trial.key)
    rows = group(found)
    text = "\n".join(_section(rows, *heading, results) for heading in _headings(rows))
    unfinished = f"\n{len(missing)} of {len(trials)} trials are missing.\n" if missing else ""
    (results / "report.md").write_text(f"# Experiments\n{unfinished}\n{text}")
    (results / "results.json").write_text(json.dumps(found) + "\n")
    return missing


def group(results: Sequence[Result]) -> list[Row]:
    """The results by variant, in the order in which they come."""
    keys = dict.fromkeys((r["experiment"], r["dataset"], r["variant"]) for r in results)
    return [
        Row(*key, tuple(r for r in results if (r["experiment"], r["dataset"], r["variant"]) == key))
        for key in keys
    ]


def _headings(rows: Sequence[Row]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.experiment, row.dataset) for row in rows))


def _section(rows: Sequence[Row], experiment: str, dataset: str, results: Path) -> str:
    chosen = [row for row in rows if (row.experiment, row.dataset) == (experiment, dataset)]
    name = f"{experiment}-{dataset}.png"
    curves = {row.variant: (row.curve("accuracy"), row.curve("val_accuracy")) for row in chosen}
    (results / name).write_bytes(plots.compared_curves(curves))
    head = (
        "| variant | parameters | seeds | test accuracy | precision | recall | gap at the end "
        "| lowest val. loss in epoch | epochs | seconds |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    return f"## {experiment}, {dataset}\n\n{head}{''.join(map(_line, chosen))}\n![curves]({name})\n"


def _line(row: Row) -> str:
    seconds = row.mean("seconds")
    return (
        f"| {row.variant} | {row.results[0]['parameters']:,} | {len(row.results)} "
        f"| {row.mean('test', 'accuracy'):.4f} ± {row.spread('test', 'accuracy'):.4f} "
        f"| {row.mean('test', 'macro_precision'):.4f} | {row.mean('test', 'macro_recall'):.4f} "
        f"| {row.gap():+.4f} | {row.turning_point()} | {len(row.curve('loss'))} | {seconds:.1f} |\n"
    )


def _at(result: Result, path: Sequence[str]) -> float:
    value: Any = result
    for name in path:
        value = value[name]
    return float(value)
