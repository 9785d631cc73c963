"""The page of results, with a section per kept run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from benchmarks.results.runs import Run

INTRODUCTION = """# Results

Every figure below was printed by the command above it, on the day and the machine named. `make results`
writes this page from the files in `benchmarks/results/kept`. To replace a result, run its command again:

    python -m benchmarks.results keep NAME -- python -m benchmarks.NAME ...

[performance.md](performance.md) explains the serving figures, [preparation.md](preparation.md) the pictures,
[experiments.md](experiments.md) the trainings, and [reliability.md](reliability.md) the attempts to break the
product.
"""

TITLES: Mapping[str, str] = {
    "uploads": "Real uploads",
    "uploads-quick": "Real uploads, with the models of `make run`",
    "uploads-speed": "Real uploads, pictures per second",
    "odd": "Odd pictures",
    "numbers": "Whole numbers",
    "hard": "Hard digits",
    "photograph": "A photograph of 12 megapixels",
    "doubt": "Doubt",
    "accuracy": "Accuracy of `--profile full`",
    "standard": "`--profile standard`",
    "time-to-target": "Time to 99 % on MNIST",
    "serving": "This project beside its peers",
    "footprint": "Start-up and memory",
    "model-server": "The embedded model server",
    "swaps": "Version swaps under load",
    "client": "The client",
}
"""The headings, in the order of the page."""


def render(runs: Mapping[str, Run]) -> str:
    """Render the page as Markdown.

    Raises:
        KeyError: if a run has no title; the message names it.
    """
    if unknown := sorted(set(runs) - set(TITLES)):
        raise KeyError(f"benchmarks/results/document.py has no title for {', '.join(unknown)}")
    sections = [_section(title, runs[name]) for name, title in TITLES.items() if name in runs]
    return INTRODUCTION + "".join(sections)


def _section(title: str, run: Run) -> str:
    note = f"\n{run.note}\n" if run.note else ""
    measured = f"{run.measured}, on {run.machine}:\n\n    {run.command}\n"
    return f"\n## {title}\n\n{measured}{note}\n{_lowered(run.output)}\n"


def _lowered(output: str) -> str:
    """Lower the headings in the output by two levels."""
    return re.sub(r"^(#+) ", r"##\1 ", output, flags=re.MULTILINE)
