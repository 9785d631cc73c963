"""Messages to the terminal. A terminal that is gone, or a full disk behind it, does not stop what serves."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def say(text: str, *, to: TextIO | None = None) -> None:
    """Print a line on standard error, or on the stream ``to``; drop it if it cannot be written."""
    stream = to or sys.stderr
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):
        _discard(stream)


def _discard(stream: TextIO) -> None:
    """Send the rest nowhere, because what is still buffered would fail again at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
