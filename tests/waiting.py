"""Waiting for a condition, for all tests that watch threads or processes."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(
    condition: Callable[[], bool], what: str = "the condition holds", *, seconds: float = 60.0
) -> None:
    """Return once a condition holds.

    Args:
        condition: the condition, called every 10 ms.
        what: the condition in words, for the failure.
        seconds: how long to wait before the test fails.

    Raises:
        AssertionError: if the condition does not hold in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.01)
