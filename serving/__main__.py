"""``python -m serving``: model server and gateway on one machine; ``python -m serving models``: versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from serving.stack.options import parse
from serving.stack.processes import StackError
from serving.stack.run import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 stopped on request, 1 failed, 2 wrong use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["models"]:
        from serving.administration import main as administration

        return administration(arguments[1:])
    try:
        serve(parse(arguments))
    except StackError as error:
        print(f"python -m serving: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
