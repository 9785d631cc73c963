"""Ask the public vulnerability databases about every locked dependency; say so when they do not answer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.audit.advisories import AdvisoriesError, judge, load
from tests.audit.report import CLEAN, UNKNOWN, VULNERABLE, Report, ask

SERVICES = ("pypi", "osv")
LOCKS = ("requirements/*.lock", "tests/*/*.lock")

EPILOG = """exit status:
  0  every dependency was looked up and none has a known vulnerability
  1  at least one has; it is named
  2  the data could not be reached for at least one, so nothing is known of it

examples:
  python -m tests.audit requirements/serving.lock
  python -m tests.audit --advisories all.zip
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Audit lock files; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.audit",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("locks", nargs="*", type=Path, help=f"lock files ({', '.join(LOCKS)})")
    parser.add_argument(
        "--advisories", type=Path, metavar="FILE", help="a copy of OSV's advisories; nothing is asked then"
    )
    arguments = parser.parse_args(argv)
    locks = arguments.locks or sorted(lock for each in LOCKS for lock in Path().glob(each))
    try:
        reports = reports_on(locks, arguments.advisories)
    except AdvisoriesError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNKNOWN
    for report in reports:
        print(report.sentence())
    status = max(
        (report.status for report in reports), key=(CLEAN, UNKNOWN, VULNERABLE).index, default=UNKNOWN
    )
    if status == UNKNOWN:
        print(
            "The audit proves nothing: the vulnerability data could not be reached from here.",
            file=sys.stderr,
        )
    return status


def reports_on(locks: Sequence[Path], advisories: Path | None) -> list[Report]:
    """A report for each lock, by a copy of the advisories or by the services."""
    if advisories is None:
        return [best(lock) for lock in locks]
    known = load(advisories)
    return [judge(lock, known) for lock in locks]


def best(lock: Path) -> Report:
    """The first service's report that looked everything up, else the last one's."""
    for service in SERVICES:
        report = ask(lock, service)
        if report.status != UNKNOWN:
            break
    return report


if __name__ == "__main__":
    sys.exit(main())
