"""``python -m training {train,evaluate,verify,sweep}``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from training.commands import evaluate, sweep, train, verify
from training.errors import TrainingError

EXIT_KEYBOARD = 130


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m training", description="Train, evaluate and publish models."
    )
    top.add_argument("--traceback", action="store_true", help="show where in the code an error came from")
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (train, sweep, evaluate, verify):
        command.add(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; errors become one sentence on stderr and an exit status."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except TrainingError as error:
        return _fail(str(error), error.exit_code, arguments.traceback)
    except KeyboardInterrupt:
        return _fail("stopped by Ctrl-C; the same --run-dir resumes what was saved", EXIT_KEYBOARD, False)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}", 1, arguments.traceback)
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a stack trace
        last = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
        text = f"unexpected {type(error).__name__}: {last} (--traceback before the command shows where)"
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
    os._exit(code)  # TensorFlow's threads take a second to end, and there is nothing left to wait for
