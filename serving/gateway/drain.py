"""Whether this process is on its way out: readiness then fails, so that no new work is sent here."""

from __future__ import annotations

import threading

_begun = threading.Event()


def begin() -> None:
    """From now on ``/readyz`` answers 503. Safe to call from a signal handler, and again."""
    _begun.set()


def draining() -> bool:
    """Whether ``begin`` was called in this process."""
    return _begun.is_set()


def reset() -> None:
    """Forget it: for tests that run several gateways in one process."""
    _begun.clear()
