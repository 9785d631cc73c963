"""Mean and spread of a few runs, as the tables of this folder print them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence


def mean_and_spread(values: Sequence[float], form: Callable[[float], str]) -> str:
    """``mean ± standard deviation``; the mean alone for a single run."""
    mean = form(statistics.fmean(values))
    return f"{mean} ± {form(statistics.stdev(values))}" if len(values) > 1 else mean


def percent(value: float) -> str:
    """Two decimals: 99.62 %."""
    return f"{100 * value:.2f} %"


def seconds(value: float) -> str:
    """One decimal: 12.3 s."""
    return f"{value:.1f} s"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
