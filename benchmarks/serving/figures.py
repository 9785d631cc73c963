"""What was measured: for each system and figure one value a round, as JSON and as medians."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median


@dataclass
class Figures:
    """All values of one run.

    Attributes:
        machine: where it ran, in one line.
        settings: seconds a measurement, rounds, date.
        versions: of each system.
        titles: of each system, in the table's order.
        values: system -> figure -> one value a round.
    """

    machine: str
    settings: str
    versions: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, system: str, measured: Mapping[str, float]) -> None:
        """Note one round's values of some figures."""
        figures = self.values.setdefault(system, {})
        for name, value in measured.items():
            figures.setdefault(name, []).append(value)

    def get(self, system: str, figure: str) -> float:
        """The median over the rounds; NaN where nothing was measured."""
        values = [value for value in self.values.get(system, {}).get(figure, []) if not math.isnan(value)]
        return median(values) if values else math.nan

    def total(self, figure: str) -> float:
        """The sum over all systems and rounds."""
        return sum(sum(figures.get(figure, [])) for figures in self.values.values())

    def write(self, path: Path) -> None:
        """Keep them as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def ratio(value: float, other: float) -> float:
    """``value / other``; NaN where nothing was measured or nothing was answered."""
    return value / other if other else math.nan


def read(path: Path) -> Figures:
    """Figures that ``write`` kept.

    Raises:
        OSError: there is no such file.
    """
    return Figures(**json.loads(path.read_text()))
