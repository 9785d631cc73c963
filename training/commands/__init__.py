"""The subcommands of ``python -m training``; heavy imports wait until one runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.errors import BadArgument


def existing_folder(option: str, path: Path) -> Path:
    """A folder that must be there.

    Raises:
        BadArgument: if it is not.
    """
    if not path.is_dir():
        raise BadArgument(f"{option} {path}: there is no such folder")
    return path


def say(body: dict[str, Any]) -> None:
    """The last line of stdout: one JSON object."""
    print(json.dumps(body), flush=True)
