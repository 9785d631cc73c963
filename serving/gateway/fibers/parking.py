"""Where one waits until another sets it free: what threads and fibers have in common."""

from __future__ import annotations

import math
import threading
from typing import Protocol


class Parking(Protocol):
    """A place where one waits until another sets it free."""

    def wait(self, timeout: float) -> bool:
        """Wait for ``set``, at most so many seconds; whether it came. It then takes another ``set``."""

    def set(self) -> None:
        """Let the one that waits, or that will, go on; from any fiber or thread."""


class ThreadParking:
    """A parking for a thread."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, timeout: float) -> bool:
        """See ``Parking``."""
        return self._lock.acquire(timeout=-1 if timeout == math.inf else timeout)

    def set(self) -> None:
        """See ``Parking``."""
        self._lock.release()
