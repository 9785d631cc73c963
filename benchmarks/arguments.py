"""The command-line parser of a benchmark."""

from __future__ import annotations

import argparse


def described(module: str, description: str | None) -> argparse.ArgumentParser:
    """Build the parser of ``python -m MODULE``, described by the module's docstring as it is laid out."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
