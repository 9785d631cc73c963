"""The command line of ``python -m serving``."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from serving.listening import bare

HOST, PORT = "127.0.0.1", "8080"
EXAMPLES = """examples:
  python -m serving                                      serve ./models on http://127.0.0.1:8080
  python -m serving --models-dir /srv/models --port 80 --host 0.0.0.0
  python -m serving --embedded                           the embedded model server, in a process of its own
  python -m serving --model-server-binary /opt/tfs/tensorflow_model_server
  python -m serving --model-server tfs.internal:8500     use a running model server
  python -m serving models --help                        list, promote, roll back and remove versions

GATEWAY_HOST and GATEWAY_PORT are the defaults of --host and --port.
The gateway's other settings come from the environment: docs/configuration.md.
"""


@dataclass(frozen=True)
class StackOptions:
    """The checked arguments.

    Attributes:
        models_dir: the folder whose subfolders are models, each with numbered versions.
        host: address the gateway listens on.
        port: port the gateway listens on.
        model_server: ``HOST:PORT`` of a running model server, or None to start one.
        binary: a ``tensorflow_model_server`` to start, or None to look for one on PATH.
        embedded: start the embedded model server, even if TensorFlow Serving is on PATH.
        in_workers: load the models into the gateway's workers, even if TensorFlow Serving is on PATH.
        ready_timeout: seconds to wait until every model is AVAILABLE.
    """

    models_dir: Path
    host: str
    port: int
    model_server: str | None
    binary: Path | None
    embedded: bool
    ready_timeout: float
    in_workers: bool = False


def parse(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> StackOptions:
    """Parse the command line; on wrong use, print a sentence and exit with 2.

    Args:
        argv: the arguments.
        environ: the environment with ``GATEWAY_HOST`` and ``GATEWAY_PORT``; the process's when None.
    """
    parser = _parser(os.environ if environ is None else environ)
    args = parser.parse_args(argv)
    if args.model_server_binary and not args.model_server_binary.is_file():
        parser.error(f"--model-server-binary: there is no file {args.model_server_binary}")
    return StackOptions(
        models_dir=args.models_dir,
        host=args.host,
        port=args.port,
        model_server=args.model_server,
        binary=args.model_server_binary,
        embedded=args.embedded,
        ready_timeout=args.ready_timeout,
        in_workers=args.in_workers,
    )


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description="Serve the published models of one folder on one machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument(
        "--host",
        type=bare,
        default=environ.get("GATEWAY_HOST", "").strip() or HOST,
        help="address to listen on; 0.0.0.0 or :: for all, localhost for both loopback addresses "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=environ.get("GATEWAY_PORT", "").strip() or PORT,
        help="port to listen on (default %(default)s)",
    )
    parser.add_argument("--ready-timeout", type=_seconds, default=120.0, metavar="SECONDS")
    _add_model_servers(parser)
    return parser


def _add_model_servers(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where the models are loaded."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model-server", metavar="HOST:PORT", help="use a running model server")
    which.add_argument("--model-server-binary", type=Path, metavar="FILE", help="TensorFlow Serving to start")
    which.add_argument("--embedded", action="store_true", help="start the embedded model server")
    which.add_argument(
        "--in-workers",
        action="store_true",
        help="load the models into each of the gateway's workers, without a model server (the default for up "
        "to 4 workers where there is no tensorflow_model_server)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return port
