"""Results are kept with all that is needed to measure them again, and the page is made from them alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.results.document import TITLES, render
from benchmarks.results.runs import Run, keep, kept, run

ROOT = Path(__file__).resolve().parents[3]
RUN = Run("2026-11-28", "a machine, 2 cores", "python -m benchmarks.odd", "Quick models.", "# Kinds\n\n| a |")


def test_a_run_has_the_command_the_date_and_the_output(tmp_path: Path) -> None:
    measured = run([sys.executable, "-c", "print('| kind | right |')"], "a note")
    assert measured.output == "| kind | right |"
    assert measured.command == """python -c 'print('"'"'| kind | right |'"'"')'"""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured.measured)
    keep("odd", measured, tmp_path)
    assert kept(tmp_path) == {"odd": measured}


def test_a_benchmark_that_fails_is_not_kept() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run([sys.executable, "-c", "raise SystemExit(3)"], "")


def test_the_page_shows_each_run_below_a_heading_with_its_command() -> None:
    page = render({"odd": RUN})
    section = page[page.index("## Odd pictures") :]
    assert "2026-11-28, on a machine, 2 cores:\n\n    python -m benchmarks.odd\n\nQuick models." in section
    assert "### Kinds" in section


def test_a_run_without_a_title_is_named() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        render({"nonsense": RUN})


def test_the_page_in_docs_is_up_to_date_with_the_kept_runs() -> None:
    assert (ROOT / "docs" / "results.md").read_text("utf-8") == render(kept())


def test_every_kept_run_was_measured_by_a_benchmark_that_exists() -> None:
    for name, each in kept().items():
        assert name in TITLES
        (module,) = re.findall(r"python -m ((?:benchmarks|training)[\w.]*)", each.command)
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), each.command
