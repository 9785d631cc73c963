"""``python -m training verify``: check that a running gateway answers as the model did in training."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.commands import existing_folder, say
from training.errors import EXIT_PUBLISHED, EXIT_REFUSED

EXAMPLES = """examples:
  python -m training verify --saved-model models/mnist/3 --url http://localhost:8080
  python -m training verify --saved-model models/mnist/3 --url http://localhost:8080 --tolerance 0.001

Exit status: 0 within the tolerance, 3 beyond it, 2 bad arguments, 1 any other error.
"""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the parser."""
    parser = subparsers.add_parser(
        "verify",
        help="send a version's golden set to a running gateway and compare the answers",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--saved-model", type=Path, required=True, help="<models>/<name>/<version>")
    parser.add_argument("--url", required=True, help="URL of the gateway")
    parser.add_argument("--name", help="name of the served model (default: the folder's name)")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=1e-4,
        help="largest accepted difference of a probability (default: 0.0001)",
    )
    parser.add_argument("--key", help="API key, if the gateway requires one")


def run(arguments: argparse.Namespace) -> int:
    """Replay the golden set; the differences go to stdout, the verdict is the exit status."""
    folder = existing_folder("--saved-model", arguments.saved_model).resolve()
    from training.verification import verify

    found = verify(folder, arguments.url, name=arguments.name, key=arguments.key)
    say({**found.to_dict(), "tolerance": arguments.tolerance})
    within = found.largest_difference <= arguments.tolerance and not found.changed_inputs
    return EXIT_PUBLISHED if within else EXIT_REFUSED
