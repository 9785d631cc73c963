"""``python -m client``, installed as ``mnist-classify``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from client.command.entry import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # before the command had begun, or after it had ended
        sys.exit(130)


if __name__ == "__main__":
    main()
