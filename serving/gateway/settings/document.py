"""Generates docs/configuration.md: ``python -m serving.gateway.settings.document [--check]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from serving.gateway.settings.settings import Settings, variable

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"

INTRODUCTION = """# Configuration of the gateway

The gateway reads its settings from environment variables and checks them when it starts. If a value is not
allowed, it exits with a message that names the variable, the value and the allowed values. Times are in
seconds. Items of a list are separated by commas.

This page is generated from `serving/gateway/settings/settings.py` by `make docs`.

| Variable | Default | Description |
| --- | --- | --- |
"""


def render() -> str:
    """The page."""
    rows = [
        f"| `{variable(field.name)}` | {_shown(field.default)} | {field.metadata['description']} |\n"
        for field in fields(Settings)
    ]
    return INTRODUCTION + "".join(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the page; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.gateway.settings.document",
        description="Write docs/configuration.md from the gateway's settings.",
        epilog="Example: python -m serving.gateway.settings.document --check",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    if not parser.parse_args(argv).check:
        DOCUMENT.write_text(render(), "utf-8")
        return 0
    if DOCUMENT.is_file() and DOCUMENT.read_text("utf-8") == render():
        return 0
    print(
        f"{DOCUMENT.name} is out of date; run: python -m serving.gateway.settings.document", file=sys.stderr
    )
    return 1


def _shown(value: Any) -> str:  # noqa: ANN401 - defaults are of many types
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value != "" else "empty"


if __name__ == "__main__":
    sys.exit(main())
