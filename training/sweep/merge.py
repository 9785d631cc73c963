"""The report of all shards, and its tables and plots inserted into a document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.sweep import failures, figures, tables
from training.sweep.experiments import Trial
from training.sweep.rows import Result, Row, group
from training.sweep.runner import TRIALS_FOLDER

# The markers of a place in a document; everything between the two is replaced.
_PLACE = re.compile(r"<!-- sweep: (?P<name>[\w-]+) -->\n.*?<!-- end -->", re.DOTALL)
_CLASSES_OF = ("epochs", "15 epochs")


@dataclass(frozen=True)
class SweepReport:
    """The results so far.

    Attributes:
        rows: one row per variant that has a result.
        asked: number of distinct trainings in the sweep.
        missing: keys of the trainings without a result.
        results: results of the others.
    """

    rows: Sequence[Row]
    asked: int
    missing: Sequence[str]
    results: Sequence[Result]


def read(trials: Sequence[Trial], results: Path) -> SweepReport:
    """Read the results that the shards have written so far.

    Args:
        trials: all trials of the sweep.
        results: the folder that all shards share.
    """
    known: dict[str, Result] = {}
    missing: dict[str, None] = {}
    for key in dict.fromkeys(trial.key for trial in trials):
        place = results / TRIALS_FOLDER / f"{key}.json"
        if place.exists():
            known[key] = json.loads(place.read_text())
        else:
            missing[key] = None
    rows = group([(trial, known[trial.key]) for trial in trials if trial.key in known])
    return SweepReport(rows, len(known) + len(missing), list(missing), list(known.values()))


def merge(trials: Sequence[Trial], results: Path) -> SweepReport:
    """Write ``report.md``, its plots and ``results.json``; arguments and result as in ``read``."""
    report = read(trials, results)
    sections = [f"## {name}\n\n{text}" for name, text in _blocks(report, results, "").items()]
    (results / "report.md").write_text("# Experiments\n\n" + _unfinished(report) + "\n".join(sections))
    (results / "results.json").write_text(json.dumps(report.results) + "\n")
    return report


def fill(report: SweepReport, document: Path, images: Path) -> list[str]:
    """Insert tables and plots at the marked places of a Markdown document.

    A place is a line ``<!-- sweep: NAME -->`` and a later line ``<!-- end -->``. A name is that of an
    experiment, ``classes`` or ``failures``.

    Args:
        report: the results.
        document: the document, changed in place.
        images: folder for the plots, below the document's folder.

    Returns:
        The names of the places without results.
    """
    images.mkdir(parents=True, exist_ok=True)
    blocks = _blocks(report, images, f"{images.relative_to(document.parent).as_posix()}/")
    unknown: list[str] = []

    def block(place: re.Match[str]) -> str:
        name = place["name"]
        if name not in blocks:
            unknown.append(name)
            return place[0]
        return f"<!-- sweep: {name} -->\n{blocks[name]}<!-- end -->"

    document.write_text(_PLACE.sub(block, document.read_text()))
    return unknown


def _blocks(report: SweepReport, images: Path, link: str) -> Mapping[str, str]:
    """Build every block by name and write the plots into ``images``, to which ``link`` is the link prefix."""
    blocks = {}
    for name in dict.fromkeys(row.experiment for row in report.rows):
        rows = [row for row in report.rows if row.experiment == name]
        (images / f"{name}.png").write_bytes(figures.of(name, rows))
        blocks[name] = f"{tables.variants(rows)}\n![{name}]({link}{name}.png)\n"
    known = [row for row in report.rows if (row.experiment, row.variant) == _CLASSES_OF]
    if known:
        blocks["classes"] = tables.classes(known)
    said = failures.messages().items()
    blocks["failures"] = tables.markdown(["net", "message"], [[net, text] for net, text in said])
    return blocks


def _unfinished(report: SweepReport) -> str:
    missing = len(report.missing)
    return f"{missing} of {report.asked} trials are missing.\n\n" if missing else ""
