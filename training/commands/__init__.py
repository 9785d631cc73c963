"""The subcommands of ``python -m training``.

A subcommand imports TensorFlow only when it runs, so ``--help`` and argument errors are quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.errors import BadArgument


def existing_folder(option: str, path: Path) -> Path:
    """Return ``path`` if it is a folder.

    Args:
        option: the command-line option, for the error message.
        path: the path given for it.

    Raises:
        BadArgument: if there is no such folder.
    """
    if not path.is_dir():
        raise BadArgument(f"{option} {path}: there is no such folder")
    return path


def say(body: dict[str, Any]) -> None:
    """Print the result of a command as one JSON object; scripts read it from the last line of stdout."""
    print(json.dumps(body), flush=True)
