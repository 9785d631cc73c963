"""The command line of ``python -m serving models``."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

_EXAMPLES = """examples:
  python -m serving models list
  python -m serving models promote mnist 4              version 4 gets the label "stable" and serves
  python -m serving models promote mnist 5 --canary     version 5 serves beside it under the label "canary"
  python -m serving models promote mnist 5 --soak 30m   as a canary for half an hour; then promoted, or ended
  python -m serving models rollback mnist               end the canary; without one, the version before
  python -m serving models remove mnist 2               delete a version that does not serve
  python -m serving models prune --keep 5               delete all but the five newest and what serves

A server that `python -m serving` runs on the same folder is found by itself; --server names another one.
"""
_UNITS = {"s": 1, "m": 60, "h": 3600}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m serving models",
        description="List, promote, roll back and remove published versions.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = _common()
    commands = top.add_subparsers(dest="command", required=True)
    commands.add_parser("list", parents=[common], help="versions, which of them serve, labels, runs")
    promote = commands.add_parser("promote", parents=[common], help="make a version serve")
    rollback = commands.add_parser("rollback", parents=[common], help="end the canary, or go back")
    remove = commands.add_parser("remove", parents=[common], help="delete a version that does not serve")
    prune = commands.add_parser("prune", parents=[common], help="delete old versions that do not serve")
    for command in (promote, rollback, remove):
        command.add_argument("model")
    for command in (promote, remove):
        command.add_argument("version", type=int)
    _add_trial(promote)
    prune.add_argument("model", nargs="?", help="default: all")
    prune.add_argument(
        "--keep", type=_count, required=True, metavar="N", help="how many of the newest to keep"
    )
    return top


def _add_trial(promote: argparse.ArgumentParser) -> None:
    """Add the arguments for serving a version on trial."""
    promote.add_argument(
        "--canary", action="store_true", help="serve it beside the stable version, as canary"
    )
    promote.add_argument(
        "--soak",
        type=duration,
        metavar="TIME",
        help="serve it as canary for this time (90s, 30m, 2h), then promote or end it by its metrics",
    )
    promote.add_argument(
        "--gateway",
        action="append",
        metavar="URL",
        help="gateway whose metrics --soak reads; may be repeated [the one found]",
    )
    promote.add_argument(
        "--min-answers", type=int, default=200, help="pictures the canary must answer in the soak [200]"
    )


def duration(text: str) -> float:
    """Seconds of ``90s``, ``30m`` or ``2h``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no time such as 90s, 30m or 2h")
    return float(match[1]) * _UNITS[match[2] or "s"]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return int(text)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--models-dir", type=Path, default=Path("models"), help="folder of published models [models]"
    )
    common.add_argument("--config", type=Path, help="model server configuration [MODELS_DIR/models.config]")
    common.add_argument(
        "--server", metavar="HOST:PORT", help="change this running model server [the one found]"
    )
    common.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="time limit for loading a version [60]"
    )
    return common
