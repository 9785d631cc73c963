"""Mean, spread and units of the figures in the tables of this package."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence


def mean_and_spread(values: Sequence[float], form: Callable[[float], str]) -> str:
    """Format mean and standard deviation as ``mean ± deviation``; only the mean for a single value."""
    mean = form(statistics.fmean(values))
    return f"{mean} ± {form(statistics.stdev(values))}" if len(values) > 1 else mean


def percent(value: float) -> str:
    """Format a share as ``99.62 %``."""
    return f"{100 * value:.2f} %"


def seconds(value: float) -> str:
    """Format seconds as ``12.3 s``."""
    return f"{value:.1f} s"
