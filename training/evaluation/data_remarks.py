"""A report's remarks on the data: what was left out or held out, and how precise the figures are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.datasets import Dataset
from training.evaluation.metrics import wilson_interval

_WIDE = 0.04
_WANTED = 0.02


def of(data: Dataset, figures: Mapping[str, Any], gate: Mapping[str, Any]) -> list[str]:
    """Return the remarks, as sentences without the full stop.

    Args:
        data: the data set.
        figures: the model's figures on the test part.
        gate: the gate's comparison, as in the card.
    """
    found = [*data.notes, *_folds(data), *wide_interval(figures), *_corrections(data, gate)]
    return found + [f"left out: {each.name}: {each.reason.rstrip('.')}" for each in data.rejected]


def wide_interval(figures: Mapping[str, Any]) -> list[str]:
    """Return a warning if the test set is too small to tell a good model from a better one.

    Args:
        figures: the model's figures on the test set.
    """
    low, high = figures["accuracy_interval"]
    if high - low <= _WIDE:
        return []
    accuracy, total = figures["accuracy"], int(figures["images"])
    wanted = total
    while _width(accuracy, wanted) > _WANTED:
        wanted = round(wanted * 1.2) + 1
    return [
        f"{total} test pictures are few: the accuracy of {100 * accuracy:.1f} % has a 95 % interval of "
        f"{100 * low:.1f} to {100 * high:.1f} %, and the gate cannot tell models apart that differ by less; "
        f"about {wanted:,} test pictures would narrow it to {100 * _WANTED:.0f} points"
    ]


def _width(accuracy: float, total: int) -> float:
    low, high = wilson_interval(round(accuracy * total), total)
    return high - low


def _folds(data: Dataset) -> list[str]:
    if not data.folds:
        return []
    return [
        "a class has too few pictures to hold some out for validation: temperature and thresholds come "
        f"from cross-validation over {data.folds} folds; the published model was trained on all training "
        "pictures, and the val_ columns are measured on those same pictures"
    ]


def _corrections(data: Dataset, gate: Mapping[str, Any]) -> list[str]:
    if data.corrections is None:
        return []
    rows = [("this model", gate.get("new", {}))]
    rows += [(f"version {row['version']}", row) for row in gate.get("compared", ())]
    known = [(name, row["corrections"]["accuracy"]) for name, row in rows if "corrections" in row]
    shown = [f"{name} {100 * value:.1f} %" for name, value in known]
    accuracy = f"; accuracy on them: {', '.join(shown)}" if shown else ""
    return [f"{len(data.corrections)} corrections were held out{accuracy}"]
