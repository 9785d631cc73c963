"""Soak the stack: mixed load at 70 % of its capacity, with swaps of versions and faults.

    python -m tests.soak --minutes 60
    python -m tests.soak --minutes 3 --out build/soak-short
    python -m tests.soak --failing --minutes 15

Starts a model server and a gateway of its own. Writes report.md, soak.png and soak.json. Exit status: 0 when
no answer was wrong and nothing failed but what a fault explains, else 1.

With --failing most requests are such as fail, and the report goes to standard output alone. Exit status: 0
when every answer was right and in time, nothing unexpected was logged and memory stayed flat, else 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak import failing, report
from tests.soak.run import PART, soak


def main() -> int:
    """Run, and print the report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("build/soak"), metavar="DIR")
    parser.add_argument("--part", type=float, default=PART, help="of the capacity (default %(default)s)")
    parser.add_argument("--failing", action="store_true", help="requests that mostly fail")
    parser.add_argument("--quiet", action="store_true", help="do not tell each event")
    arguments = parser.parse_args()
    tell = (
        (lambda _text: None) if arguments.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    )
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        if arguments.failing:
            failed = failing.soak(Path(folder), arguments.minutes * 60, tell=tell)
            print(failed.report())
            return 0 if failed.passed else 1
        soaked = soak(Path(folder), arguments.minutes * 60, part=arguments.part, tell=tell)
    report.write(soaked, arguments.out)
    print((arguments.out / "report.md").read_text())
    return 0 if soaked.passed else 1


if __name__ == "__main__":
    sys.exit(main())
