"""``python -m training sweep``: run the experiments of ``docs/experiments.md``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from training.commands import say
from training.datasets.catalogue import CATALOGUE
from training.errors import BadArgument
from training.sweep.experiments import EXPERIMENTS, Trial, distinct, trials

EXAMPLES = """examples:
  python -m training sweep --results-dir results/lab
  python -m training sweep --results-dir results/lab --experiments neurons dropout --datasets fashion_mnist
  python -m training sweep --results-dir /shared/lab --shards 4 --shard 2     # one of four machines
  python -m training sweep --results-dir /shared/lab --merge                  # one report of all shards
  python -m training sweep --results-dir /shared/lab --merge --document docs/experiments.md

Without --shard, the number of the shard comes from JOB_COMPLETION_INDEX, which a Kubernetes Indexed Job sets.
Shards share only the results folder. To resume a shard that died, start it again.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = subparsers.add_parser(
        "sweep",
        help="run experiments on neurons, layers, epochs, dropout and more, with several seeds each",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--results-dir", type=Path, required=True, help="folder that all shards share")
    parser.add_argument(
        "--experiments", nargs="+", default=list(EXPERIMENTS), help=f"default: {', '.join(EXPERIMENTS)}"
    )
    parser.add_argument("--datasets", nargs="+", default=["mnist", "fashion_mnist"], help="default: both")
    parser.add_argument("--seeds", type=int, default=2, help="training runs per variant (default: 2)")
    parser.add_argument("--epochs", type=int, help="override the experiments' own, for a quick look")
    parser.add_argument("--data-dir", type=Path, help="folder to search for the data first")
    parser.add_argument("--shards", type=int, default=1, help="number of shards (default: 1)")
    parser.add_argument("--shard", type=int, help="number of this shard, counted from 0")
    parser.add_argument("--merge", action="store_true", help="run nothing; report the results so far")
    parser.add_argument(
        "--document", type=Path, help="Markdown file to put the tables and plots into, at its markers"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one shard, or merge the results; a sweep with a single shard does both.

    Returns:
        The exit status: 1 if trials are missing from the report, else 0.
    """
    wanted = _trials(arguments)
    shard = _shard(arguments, os.environ)
    results: Path = arguments.results_dir
    results.mkdir(parents=True, exist_ok=True)
    from training import runtime

    runtime.import_quietly()
    if not arguments.merge:
        from training.progress import Reporter
        from training.sweep.runner import run_shard

        mine = distinct(wanted)[shard :: arguments.shards]
        run_shard(mine, results, arguments.data_dir, arguments.epochs, Reporter())
    if arguments.shards > 1 and not arguments.merge:
        return 0
    return _merge(wanted, arguments)


def _merge(wanted: list[Trial], arguments: argparse.Namespace) -> int:
    """Write the report, and fill in the document if one is given."""
    from training.sweep.merge import fill, merge

    results: Path = arguments.results_dir
    document: Path | None = arguments.document
    report = merge(wanted, results)
    if document is not None:
        for name in fill(report, document, document.parent / "images" / document.stem):
            print(f"note: {document} asks for {name}, which has no results yet", file=sys.stderr)
    if missing := report.missing:
        print(f"error: {len(missing)} trials have no result yet, starting with {missing[0]}", file=sys.stderr)
    say({"report": str(results / "report.md"), "trials": report.asked, "missing": len(missing)})
    return 1 if missing else 0


def _trials(arguments: argparse.Namespace) -> list[Trial]:
    for option, given, known in (
        ("--experiments", arguments.experiments, EXPERIMENTS),
        ("--datasets", arguments.datasets, CATALOGUE),
    ):
        if unknown := [name for name in given if name not in known]:
            raise BadArgument(f"{option} {unknown[0]!r} is unknown; choose from {', '.join(known)}")
    for option, count in (("--seeds", arguments.seeds), ("--shards", arguments.shards)):
        if count < 1:
            raise BadArgument(f"{option} must be at least 1, not {count}")
    if arguments.epochs is not None and arguments.epochs < 1:
        raise BadArgument(f"--epochs must be at least 1, not {arguments.epochs}")
    if arguments.document is not None and not arguments.document.is_file():
        raise BadArgument(f"--document {arguments.document}: there is no such file")
    return trials(arguments.experiments, arguments.datasets, arguments.seeds)


def _shard(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    given = arguments.shard
    if given is None and arguments.shards > 1 and not arguments.merge:
        text = environ.get("JOB_COMPLETION_INDEX", "")
        if not text.isdecimal():
            raise BadArgument("--shards needs --shard, or JOB_COMPLETION_INDEX in the environment")
        given = int(text)
    shard = given or 0
    if not 0 <= shard < arguments.shards:
        raise BadArgument(f"--shard must be from 0 to {arguments.shards - 1}, not {shard}")
    return shard
