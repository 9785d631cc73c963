"""httpx without its own command line, which imports Rich: two fifths of what httpx takes to load."""

from __future__ import annotations

import sys
from typing import Any, cast

_COMMAND_LINE = "httpx._main"


def load() -> None:
    """Import httpx; its ``main``, which nobody here calls, is as in an installation without Rich."""
    modules = cast("dict[str, Any]", sys.modules)
    missing = _COMMAND_LINE not in modules
    if missing:
        modules[_COMMAND_LINE] = None
    import httpx  # noqa: F401

    if missing:
        del modules[_COMMAND_LINE]
