"""The medians, ratios and targets in the tables."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks.markdown import table
from benchmarks.serving import figures
from benchmarks.serving.figures import Figures
from benchmarks.serving.table import tables
from benchmarks.serving.targets import best_peer, fastest_peer, targets


@pytest.fixture
def run() -> Figures:
    found = Figures("a machine", "3 rounds")
    for name, rates, p50 in (("gateway", [900, 3000, 3100], 1.0), ("litserve", [990, 1000, 1010], 8.0)):
        found.titles[name] = name
        for rate in rates:
            found.add(name, {"rate 32": rate, "p50 1": p50, "answered": 10, "wrong": 0})
    return found


def test_a_figure_is_the_median_of_its_rounds(run: Figures) -> None:
    assert run.get("gateway", "rate 32") == 3000


def test_a_figure_that_was_not_measured_is_not_a_number(run: Figures) -> None:
    assert math.isnan(run.get("ray", "rate 32"))
    assert math.isnan(best_peer(run, "rate 128"))


def test_written_figures_are_read_back(run: Figures, tmp_path: Path) -> None:
    run.write(tmp_path / "new" / "run.json")
    assert figures.read(tmp_path / "new" / "run.json") == run


def test_targets_compare_with_the_best_peer(run: Figures) -> None:
    run.add("ray", {"rate 32": 3000, "start": 9.0, "proportional": 1000})
    run.add("litserve", {"start": 12.0, "proportional": 100})
    run.add("gateway", {"start": 3.0, "proportional": 600})
    found = {target.name: target for target in targets(run, None)}
    rate = found["32 clients: requests/s over the best peer's"]
    assert (rate.value, rate.met) == ("1.00", True)
    start = found["s to the first answer over the shortest of a peer"]
    assert (start.value, start.met) == ("0.33", True)
    memory = found["proportional MiB over the fastest peer's"]
    assert (memory.value, memory.met) == ("0.60", False)


def test_the_fastest_peer_is_one_that_was_measured(run: Figures) -> None:
    assert fastest_peer(run) == "litserve"
    assert fastest_peer(Figures("a machine", "no round")) == ""


def test_a_system_that_answered_nothing_in_time_has_no_ratio(run: Figures) -> None:
    run.add("litserve", {"rate 8": 0.0})
    run.add("gateway", {"rate 8": 100.0})
    assert "| litserve | - | 0 | 1,000 (3.00x) | - |" in tables(run)


def test_targets_without_figures_are_left_out(run: Figures) -> None:
    assert not [target for target in targets(run, None) if "over capacity" in target.name]


def test_the_floor_turns_images_into_a_share(run: Figures) -> None:
    run.add("gateway", {"rate 64 images": 5000})
    shares = [target for target in targets(run, 10_000.0) if "floor" in target.name]
    assert [(target.value, target.met) for target in shares] == [("0.50", False)]


def test_the_tables_show_rates_with_ratios_and_dashes_for_gaps(run: Figures) -> None:
    text = tables(run)
    assert "| litserve | - | - | 1,000 (3.00x) | - |" in text
    assert "| gateway | - | - | 3,000 | - |" in text
    assert "60 answers, 0 of them wrong" in text


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
