"""Generates docs/configuration.md from the gateway's settings: ``python -m docs.configuration [--check]``."""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from serving.gateway.settings.settings import Settings, variable

DOCUMENT = Path(__file__).with_suffix(".md")

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
    described = dict(_docstrings())
    return INTRODUCTION + "".join(
        f"| `{variable(field.name)}` | {_shown(field.default)} | {described[field.name]} |\n"
        for field in fields(Settings)
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the page; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.configuration",
        description="Write docs/configuration.md from the gateway's settings.",
        epilog="Example: python -m docs.configuration --check",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    if not parser.parse_args(argv).check:
        DOCUMENT.write_text(render(), "utf-8")
    elif not DOCUMENT.is_file() or DOCUMENT.read_text("utf-8") != render():
        print(f"{DOCUMENT.name} is out of date; run: {parser.prog}", file=sys.stderr)
        return 1
    return 0


def _docstrings() -> Iterator[tuple[str, str]]:
    """Names and docstrings of the settings, from the source, because Python does not keep them."""
    (definition,) = ast.parse(inspect.getsource(Settings)).body
    for above, below in pairwise(definition.body):  # type: ignore[attr-defined]
        if isinstance(above, ast.AnnAssign):
            yield ast.unparse(above.target), " ".join(below.value.value.split())


def _shown(value: Any) -> str:  # noqa: ANN401 - defaults are of many types
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value != "" else "empty"


if __name__ == "__main__":
    sys.exit(main())
