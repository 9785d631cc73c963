"""Keeps TensorFlow's start-up messages off the terminal; ``TF_CPP_MIN_LOG_LEVEL`` alone no longer does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_STDERR = 2


@contextmanager
def native_messages_dropped() -> Iterator[None]:
    """Discard what native code writes to the descriptor of standard error within this block.

    Use it for imports and start-ups in the main thread, because other threads' messages are lost as well. If
    ``TF_CPP_MIN_LOG_LEVEL`` is 0 or 1, the messages are shown.
    """
    if os.environ.setdefault(LEVEL, "2") in ("0", "1"):
        yield
        return
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
