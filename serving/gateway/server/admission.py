"""Which requests are taken in while more arrive than can be answered.

A worker has a fixed number of places for requests under way. While all are taken, a small request waits,
unread, for one of them; places go to those that came first. Its wait is short, because a caller that hears
429 soon can turn to another gateway. It is longer on a connection that was refused a moment ago and did not
stay away for as long as ``Retry-After`` says: otherwise callers that repeat a request at once would be
refused thousands of times per second, and the refusals would take the time that answers need.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from time import monotonic
from typing import Protocol

from serving.errors import Overloaded
from serving.gateway.server.limits import ServerLimits

RETRY_AFTER_SECONDS = 1
SHORTEST_WAIT_SECONDS = 0.001


class Waiter(Protocol):
    """What waits for a place."""

    def proceed(self) -> None:
        """Read the request: there is a place for it, or it has waited long enough."""


class Admission:
    """The places of one worker, and what waits for one.

    Attributes:
        taken: places of requests under way.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._spared = frozenset(path.encode() for path in limits.always_admitted)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: OrderedDict[Waiter, asyncio.TimerHandle] = OrderedDict()
        self._scheduled = False
        self.taken = 0

    @property
    def has_room(self) -> bool:
        """Whether a place is free."""
        return self.taken < self._limits.queued

    def spares(self, path: str) -> bool:
        """Whether requests for a path are admitted however many places are taken."""
        return path in self._limits.always_admitted

    def must_wait(self, head: bytes) -> bool:
        """Whether a request that begins with these bytes has to wait for a place."""
        if self.has_room and not self._waiting:
            return False
        line = head.split(b" ", 2)
        return len(line) < 2 or line[1].partition(b"?")[0] not in self._spared

    def wait(self, waiter: Waiter, refused_at: float) -> None:
        """Let a request wait; ``proceed`` is called once.

        Args:
            waiter: the request's connection.
            refused_at: when it was last refused, on the monotonic clock.
        """
        now = monotonic()
        until = max(now + self._limits.wait_seconds, refused_at + RETRY_AFTER_SECONDS)
        if self._loop is None:  # asking for it is a system call each time
            self._loop = asyncio.get_running_loop()
        seconds = max(until - now, SHORTEST_WAIT_SECONDS)
        self._waiting[waiter] = self._loop.call_later(seconds, self._proceed, waiter)

    def forget(self, waiter: Waiter) -> None:
        """Wait no longer."""
        timer = self._waiting.pop(waiter, None)
        if timer is not None:
            timer.cancel()

    def take(self, path: str) -> bool:
        """Take a place for a request that is complete; False when there is none."""
        if not self.has_room and not self.spares(path):
            return False
        self.taken += 1
        return True

    def leave(self) -> None:
        """Give a place back, for one that waits."""
        self.taken -= 1
        if self._waiting and self._loop is not None and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._admit)

    def _admit(self) -> None:
        self._scheduled = False
        while self._waiting and self.has_room:
            self._proceed(next(iter(self._waiting)))

    def _proceed(self, waiter: Waiter) -> None:
        self.forget(waiter)
        waiter.proceed()


def overloaded() -> Overloaded:
    """What a request is refused with that finds no place."""
    detail = "More requests are waiting than can be answered soon. Try again later."
    return Overloaded(detail, retry_after=RETRY_AFTER_SECONDS)
