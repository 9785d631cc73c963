"""``python -m training {train,evaluate,verify,sweep}``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from training.commands import evaluate, sweep, train, verify
from training.errors import TrainingError

EXIT_KEYBOARD = 130


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line, with all subcommands."""
    top = argparse.ArgumentParser(
        prog="python -m training", description="Train, evaluate and publish models."
    )
    top.add_argument("--traceback", action="store_true", help="print the traceback of an error")
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (train, sweep, evaluate, verify):
        command.add(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status; an error becomes one sentence on stderr."""
    arguments = parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a file's name need not be printable
    try:
        status: int = arguments.run(arguments)
    except TrainingError as error:
        return _fail(str(error), error.exit_code, arguments.traceback)
    except KeyboardInterrupt:
        return _fail(
            "interrupted; run the same command with the same --run-dir to continue", EXIT_KEYBOARD, False
        )
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}", 1, arguments.traceback)
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a stack trace
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
        text = f"unexpected {type(error).__name__}: {first} (pass --traceback before the command for details)"
        return _fail(text, 1, arguments.traceback)
    return status


def _fail(text: str, status: int, traceback: bool) -> int:
    if traceback:
        import traceback as traces

        traces.print_exc()
    print(f"error: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # waiting for TensorFlow's threads to end would take another second
