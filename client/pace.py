"""How many pictures the service manages in one request before its own deadline."""

from __future__ import annotations

import sys


class Pace:
    """Learned from what it answers: halved when a deadline passes, raised bit by bit when all goes well.

    The same way TCP finds its window (RFC 5681: additive increase, multiplicative decrease).

    Attributes:
        largest: most pictures to send in a request.
    """

    def __init__(self) -> None:
        self.largest = sys.maxsize

    def too_slow(self, size: int) -> None:
        """A request of ``size`` pictures was not answered in time."""
        self.largest = max(1, min(self.largest, size // 2))

    def in_time(self, size: int) -> None:
        """A request of ``size`` pictures was answered."""
        if size >= self.largest:
            self.largest += max(1, size // 8)
