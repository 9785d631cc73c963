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
    """Send what is written to the standard error's descriptor to nowhere for as long as this block lasts.

    It is for imports and start-ups in the main thread: other threads' messages are lost as well. With
    ``TF_CPP_MIN_LOG_LEVEL`` set to 0 or 1 the messages are shown.
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
