"""``python -m serving.model_server``: TensorFlow Serving's command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from serving.model_server import flags as command_line

# What a shell shows for TensorFlow Serving's exit status of -1.
_FAILED = 255


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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow takes seconds to import, which no wrong flag should have to wait for.
    from serving.model_server import run

    return run.run(flags)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
