"""``python -m serving.model_server``: TensorFlow Serving's command line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version

from serving.model_server import flags as command_line
from serving.model_server import settings
from serving.model_server.status import StatusError
from serving.startup import importing_tensorflow

# What a shell shows for TensorFlow Serving's exit status of -1.
_FAILED = 255

log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Run the server; return the exit status."""
    if "--help" in arguments:
        print(command_line.usage(), end="")
        return 0
    try:
        flags, unknown = command_line.parse(arguments)
    except command_line.FlagError as error:
        print(error, file=sys.stderr)
        print(command_line.usage(), end="")
        return _FAILED
    for argument in unknown[:1]:
        print(f"unknown argument: {argument}\n{command_line.usage()}", end="", flush=True)
    if flags.version:
        print(f"TensorFlow ModelServer: {version('tensorflow-serving-api')}, embedded")
        print(f"TensorFlow Library: {version('tensorflow')}")
        return 0
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s] %(message)s", stream=sys.stderr
    )
    if ignored := command_line.without_effect(arguments):
        log.warning("Without effect in the embedded server: %s", ", ".join(ignored))
    return _serve(flags)


def _serve(flags: command_line.Flags) -> int:
    try:
        checked = settings.read(flags)
        # Imported only now, because TensorFlow takes seconds, and a wrong flag should be reported at once.
        with importing_tensorflow():
            from serving.model_server import server

        server.serve(checked)
    except StatusError as error:
        if error.__cause__:
            print(error.__cause__, file=sys.stderr)
        print(f"Failed to start server. Error: {error}", flush=True)
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
