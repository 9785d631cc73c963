"""What became of many inputs: how many of each outcome, the slowest, and what the memory did meanwhile."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

DEADLINE_SECONDS = 5.0
"""What the gateway allows by default. Measured in CPU time, so that other work does not count."""
MOST_GROWTH_MB = 48.0
"""Between the second fifth of a run and its last: allocators settle, leaks do not."""
SAMPLE_EVERY = 250


@dataclass
class Tally:
    """The figures of one run.

    Attributes:
        name: what was run.
        outcomes: how many of each.
        seconds: wall time.
        slowest: CPU seconds of the slowest input.
        memory: resident MB, sampled.
        failures: what no input may lead to, with the file that holds the input.
    """

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    memory: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.outcomes.total()

    @property
    def growth(self) -> float:
        """MB between the second fifth and the last."""
        fifth = len(self.memory) // 5
        if fifth < 2:
            return 0.0
        return median(self.memory[-fifth:]) - median(self.memory[fifth : 2 * fifth])

    def count(self, outcome: str, seconds: float) -> None:
        """Add an input."""
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)
        self.seconds = time.monotonic() - self.started
        if self.inputs % SAMPLE_EVERY == 0:
            self.memory.append(resident_mb())

    def verdict(self) -> list[str]:
        """What is wrong, in sentences; empty when nothing is."""
        found = list(self.failures)
        if self.growth > MOST_GROWTH_MB:
            found.append(f"{self.name}: memory grew by {self.growth:.0f} MB")
        return found


def resident_mb() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
