"""Messages to the terminal. If it is gone, or the disk behind it is full, nothing that has begun stops."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def say(text: str, *, to: TextIO | None = None) -> bool:
    """Print a line on standard error, or on the stream ``to``; drop it if it cannot be written.

    Returns:
        Whether it was written.
    """
    stream = to or sys.stderr
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):
        _discard(stream)
        return False
    return True


def _discard(stream: TextIO) -> None:
    """Send the rest nowhere, because what is still buffered would fail again at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
