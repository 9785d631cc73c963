"""Keep what a benchmark prints, and write docs/results.md from all that is kept.

Examples:
    python -m benchmarks.results keep odd -- python -m benchmarks.odd --saved-model models/mnist/1
    python -m benchmarks.results write
    python -m benchmarks.results check
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results.document import TITLES, render
from benchmarks.results.runs import keep, kept, run

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "results.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep, write or check; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.action == "keep":
        return _keep(options.name, options.command, options.note)
    page = render(kept())
    if options.action == "write":
        DOCUMENT.write_text(page, "utf-8")
        return 0
    if DOCUMENT.is_file() and DOCUMENT.read_text("utf-8") == page:
        return 0
    print(f"{DOCUMENT.name} is out of date; run: make results", file=sys.stderr)
    return 1


def _keep(name: str, command: Sequence[str], note: str) -> int:
    command = [sys.executable, *command[1:]] if command[0] == "python" else command
    try:
        path = keep(name, run(command, note))
    except subprocess.CalledProcessError as error:
        print(f"not kept: the benchmark ended with exit status {error.returncode}", file=sys.stderr)
        return 1
    print(f"\nKept in {path}. `make results` writes the page.", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True)
    keeping = actions.add_parser("keep", help="run a benchmark and keep what it prints")
    keeping.add_argument("name", choices=sorted(TITLES), help="of the result; an earlier one is replaced")
    keeping.add_argument("--note", default="", help="a sentence for the page")
    keeping.add_argument("command", nargs="+", metavar="-- COMMAND", help="the benchmark's command line")
    actions.add_parser("write", help="write docs/results.md")
    actions.add_parser("check", help="fail if docs/results.md is out of date")
    return parser


if __name__ == "__main__":
    sys.exit(main())
