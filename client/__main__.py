"""``python -m client``, installed as ``mnist-classify``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from client.command.entry import run

        sys.exit(run(sys.argv[1:]))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or package == "client":
            raise
        sys.exit(_without(package))
    except KeyboardInterrupt:  # before the command began, or after it ended
        sys.exit(130)


def _without(package: str) -> int:
    """Say what to install; exit code 2."""
    print(
        f"mnist-classify: the package {package!r} is not installed. "
        "Install what the client needs: pip install '.[client]' in the repository.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    main()
