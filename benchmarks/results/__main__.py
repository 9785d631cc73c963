"""Keep the output of a benchmark, and generate docs/results.md from all kept results.

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

from benchmarks.arguments import described
from benchmarks.results.document import TITLES, render
from benchmarks.results.runs import keep, kept, run

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "results.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep a result, or write or check the page; returns the exit status."""
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
        print(f"not kept: the benchmark failed with exit status {error.returncode}", file=sys.stderr)
        return 1
    print(f"\nKept in {path}. Run `make results` to update the page.", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = described("benchmarks.results", __doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    keeping = actions.add_parser("keep", help="run a benchmark and keep its output")
    keeping.add_argument("name", choices=sorted(TITLES), help="name of the result; replaces an earlier one")
    keeping.add_argument("--note", default="", help="a note for the page")
    keeping.add_argument("command", nargs="+", metavar="-- COMMAND", help="command line of the benchmark")
    actions.add_parser("write", help="write docs/results.md")
    actions.add_parser("check", help="fail if docs/results.md is out of date")
    return parser


if __name__ == "__main__":
    sys.exit(main())
