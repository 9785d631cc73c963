"""The blocks of a reply as they arrive."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from client.errors import ServiceUnreachable, TimedOut

LARGEST_REPLY = 64 * 1024 * 1024


class Gathering:
    """The blocks of one reply, held to the deadline and to a bounded size.

    A read timeout alone would let a service that sends one byte now and then hold a caller for ever.
    """

    def __init__(self, deadline: float, clock: Callable[[], float] = monotonic) -> None:
        self._deadline = deadline
        self._clock = clock
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, block: bytes) -> None:
        """Take one block.

        Raises:
            TimedOut: the deadline has passed.
            ServiceUnreachable: the reply grows beyond what any answer of this API can be.
        """
        self._blocks.append(block)
        self._size += len(block)
        if self._clock() > self._deadline:
            raise TimedOut("the answer did not arrive completely in the time for this call.")
        if self._size > LARGEST_REPLY:
            raise ServiceUnreachable(f"the answer has more than {LARGEST_REPLY:,} bytes.")

    def content(self) -> bytes:
        """All of it."""
        return b"".join(self._blocks)
