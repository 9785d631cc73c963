"""The measured figures: one value per system, figure and round; stored as JSON, read as medians."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median


@dataclass
class Figures:
    """All figures of a run.

    Attributes:
        machine: description of the machine.
        settings: seconds per measurement, rounds and date.
        versions: versions of each system's packages.
        titles: title of each system, in the order of the table.
        values: system -> figure -> one value per round.
    """

    machine: str
    settings: str
    versions: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, system: str, measured: Mapping[str, float]) -> None:
        """Add the values of a round."""
        figures = self.values.setdefault(system, {})
        for name, value in measured.items():
            figures.setdefault(name, []).append(value)

    def get(self, system: str, figure: str) -> float:
        """Return the median of a figure over the rounds; NaN if it was not measured."""
        values = [value for value in self.values.get(system, {}).get(figure, []) if not math.isnan(value)]
        return median(values) if values else math.nan

    def total(self, figure: str) -> float:
        """Return the sum of a figure over all systems and rounds."""
        return sum(sum(figures.get(figure, [])) for figures in self.values.values())

    def write(self, path: Path) -> None:
        """Write the figures as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def ratio(value: float, other: float) -> float:
    """Return ``value / other``; NaN if ``other`` is 0 or one of them is NaN."""
    return value / other if other else math.nan


def read(path: Path) -> Figures:
    """Read figures that ``write`` has written.

    Raises:
        OSError: if the file cannot be read.
    """
    return Figures(**json.loads(path.read_text()))
