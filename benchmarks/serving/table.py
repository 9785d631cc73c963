"""The results as Markdown tables."""

from __future__ import annotations

import math

from benchmarks.markdown import table
from benchmarks.serving.figures import Figures, ratio
from benchmarks.serving.scenarios import LARGE, MAIN_CLIENTS, MANY
from benchmarks.serving.systems import CLIENTS, FLOOR, GATEWAY
from benchmarks.serving.targets import targets


def tables(figures: Figures, floor_images: float | None = None) -> str:
    """Build all tables of a run, with the machine and the settings.

    Args:
        figures: the figures of the run.
        floor_images: images per second on all cores, measured by ``benchmarks.floor``, or None.
    """
    parts = [
        figures.machine,
        figures.settings,
        "\n".join(f"- {figures.titles[name]}: {text}" for name, text in figures.versions.items()),
        _rates(figures),
        _times(figures),
        _others(figures),
        _targets(figures, floor_images),
        _answers(figures),
    ]
    return "\n\n".join(part for part in parts if part)


def number(value: float, digits: int = 0) -> str:
    """Format a number with thousands separators; a dash for NaN."""
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def _rates(figures: Figures) -> str:
    head = ["requests/s", *(f"{count} client{'s' * (count > 1)}" for count in CLIENTS)]
    rows = []
    for name, title in figures.titles.items():
        cells = []
        for count in CLIENTS:
            rate = figures.get(name, f"rate {count}")
            times = ratio(figures.get(GATEWAY, f"rate {count}"), rate)
            cells.append(number(rate) + ("" if name == GATEWAY or math.isnan(times) else f" ({times:.2f}x)"))
        rows.append([title, *cells])
    note = "In parentheses: this project's requests/s over the system's."
    return f"{table(head, rows)}\n\n{note}"


def _times(figures: Figures) -> str:
    head = ["p50 / p99 in ms", *(f"{count} client{'s' * (count > 1)}" for count in CLIENTS)]

    def cell(name: str, count: int) -> str:
        median, tail = figures.get(name, f"p50 {count}"), figures.get(name, f"p99 {count}")
        return f"{number(median, 2)} / {number(tail, 1)}"

    rows = [[title, *(cell(name, count) for count in CLIENTS)] for name, title in figures.titles.items()]
    return table(head, rows)


def _others(figures: Figures) -> str:
    columns = [
        ("images/s, 64 per request", f"rate {MANY}", 0),
        ("2-megapixel JPEG/s", f"rate {LARGE}", 1),
        ("CPU s per 1000 requests", f"cpu per 1000 {MAIN_CLIENTS}", 2),
        ("MiB resident", "resident", 0),
        ("MiB proportional", "proportional", 0),
        ("s to first answer", "start", 1),
    ]
    rows = [
        [title, *(number(figures.get(name, figure), digits) for _, figure, digits in columns)]
        for name, title in figures.titles.items()
    ]
    return table(["", *(title for title, _, _ in columns)], rows)


def _targets(figures: Figures, floor_images: float | None) -> str:
    rows = [
        [each.name, each.wanted, each.value, "yes" if each.met else "**no**"]
        for each in targets(figures, floor_images)
    ]
    return table(["target", "wanted", "measured", "met"], rows)


def _answers(figures: Figures) -> str:
    busiest = max(
        (figures.get(name, f"client cpu {MAIN_CLIENTS}") for name in figures.titles if name != FLOOR),
        default=math.nan,
    )
    return (
        f"{figures.total('answered'):,.0f} answers, {figures.total('wrong'):,.0f} of them wrong, and "
        f"{figures.total('failed'):,.0f} failures. wrk used {number(busiest, 2)} of a core at most at "
        f"{MAIN_CLIENTS} clients (the empty route left out)."
    )
