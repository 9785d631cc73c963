"""``python -m client``, installed as ``mnist-classify``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    _open_standard_streams()
    try:
        from client.command.entry import run

        sys.exit(run(sys.argv[1:]))
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or package == "client":
            raise
        sys.exit(_explain_missing(package))
    except KeyboardInterrupt:  # before the command begins, or after it ends
        sys.exit(130)


def _open_standard_streams() -> None:
    """Open the standard streams that the caller closed (``<&-``), or the next file would take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - lives with the process


def _explain_missing(package: str) -> int:
    """Print which package is missing and how to install it; returns exit code 2."""
    print(
        f"mnist-classify: the package {package!r} is not installed. "
        "Run pip install '.[client]' in the repository.",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    main()
