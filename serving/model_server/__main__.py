"""``python -m serving.model_server``: TensorFlow Serving's command line."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from serving.model_server import flags as command_line
from serving.model_server import settings
from serving.model_server.status import StatusError
from serving.quiet import native_messages_dropped

# What a shell shows for TensorFlow Serving's exit status of -1.
_FAILED = 255
# From glibc's malloc.h.
_M_ARENA_MAX = -8

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
        # Only now: TensorFlow takes seconds to import, which no wrong flag should have to wait for.
        _quicken_tensorflow()
        _share_arenas()
        with native_messages_dropped():
            from tensorflow import config

            from serving.model_server import server

            config.list_physical_devices()  # starts the platforms, which may say that there is no GPU

        server.serve(checked)
    except StatusError as error:
        if error.__cause__:
            print(error.__cause__, file=sys.stderr)
        print(f"Failed to start server. Error: {error}", flush=True)
        return _FAILED
    return 0


def _quicken_tensorflow() -> None:
    """Keep TensorFlow from importing Keras, which serving never uses: two fifths of the time, 100 MB."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _share_arenas() -> None:
    """Let all threads allocate from two arenas, where the C library is glibc.

    Every version is loaded by a thread of its own. With an arena each, memory grows by some megabytes for
    dozens of versions before it settles (``benchmarks/model_server/swaps.py``).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
