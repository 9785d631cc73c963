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
from collections.abc import Callable
from functools import cached_property
from time import monotonic
from typing import Any

from serving.errors import Overloaded
from serving.gateway.server.limits import ServerLimits

ALWAYS_ADMITTED = frozenset({"/healthz", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"})
"""Paths that are never refused with 429, so that probes are answered under load."""
RETRY_AFTER_SECONDS = 1
SHORTEST_WAIT_SECONDS = 0.001
_ADMITTED = "admitted"
"""Key in a request's state: it has a place."""


class Admission:
    """The places of one worker, and what waits for one: functions that read a request."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._waiting: OrderedDict[Callable[[], None], asyncio.TimerHandle] = OrderedDict()
        self._scheduled = False
        self._taken = 0

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()  # a system call each time

    @property
    def has_room(self) -> bool:
        """Whether a place is free."""
        return self._taken < self._limits.queued

    def must_wait(self, head: bytes) -> bool:
        """Whether a request that begins with these bytes has to wait for a place."""
        if self.has_room and not self._waiting:
            return False
        line = head.split(b" ", 2)
        return len(line) < 2 or line[1].partition(b"?")[0].decode("latin-1") not in ALWAYS_ADMITTED

    def wait(self, proceed: Callable[[], None], refused_at: float) -> None:
        """Let a request wait whose connection was last refused at a time on the monotonic clock.

        ``proceed`` reads it, unless its client has left. It is called once there is a place or time is up.
        """
        now = monotonic()
        until = max(now + self._limits.wait_seconds, refused_at + RETRY_AFTER_SECONDS)
        seconds = max(until - now, SHORTEST_WAIT_SECONDS)
        self._waiting[proceed] = self._loop.call_later(seconds, self.release, proceed)

    def release(self, proceed: Callable[[], None]) -> None:
        """Let a request proceed, whether or not there is a place."""
        timer = self._waiting.pop(proceed, None)
        if timer is not None:
            timer.cancel()
        proceed()

    def take(self, scope: dict[str, Any]) -> bool:
        """Give a complete request a place, unless it has one; False when all are taken."""
        state = scope["state"]
        if _ADMITTED not in state and (self.has_room or scope["path"] in ALWAYS_ADMITTED):
            self._taken += 1
            state[_ADMITTED] = True
        return _ADMITTED in state

    def leave(self, scope: dict[str, Any]) -> None:
        """Give back the place of a request that has one, for one that waits."""
        if scope["state"].pop(_ADMITTED, False):
            self._taken -= 1
            if self._waiting and not self._scheduled:
                self._scheduled = True
                self._loop.call_soon(self._admit)

    def _admit(self) -> None:
        self._scheduled = False
        while self._waiting and self.has_room:
            self.release(next(iter(self._waiting)))


def overloaded() -> Overloaded:
    """What a request is refused with that finds no place."""
    detail = "More requests are waiting than can be answered soon. Try again later."
    return Overloaded(detail, retry_after=RETRY_AFTER_SECONDS)
