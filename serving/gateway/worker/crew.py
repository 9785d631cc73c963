"""Who answers a request: a fiber on the loop, or a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from serving.gateway.fibers import Hub
from serving.gateway.worker.connections import Connection
from serving.gateway.worker.limits import Limits
from serving.gateway.worker.threads import Threads

CALLS = 16
"""Threads in which fibers have others waited for: as many calls to the model server can be under way."""
HANDS = 4
"""Threads in which fibers have long computing done."""


class Crew:
    """Has requests answered: the light ones in fibers, all others in threads.

    Args:
        limits: ``light_paths``, ``light_bytes`` and ``queued`` say what is light and how much may wait.
        threads: number of threads for requests.
        answer: answers a connection's request; must not raise.
        wake: makes the loop come round.

    Attributes:
        is_full: set while nothing more is to be taken but probes.
    """

    def __init__(
        self, limits: Limits, threads: int, answer: Callable[[Connection], None], wake: Callable[[], None]
    ) -> None:
        self._limits, self._answer = limits, answer
        self._threads = Threads(threads, "request")
        calls, hands = (CALLS, HANDS) if limits.light_paths else (0, 0)
        self.hub = Hub(wake, Threads(calls, "call").put, Threads(hands, "prepare").put)
        self._most_fibers = limits.queued + threads
        self.is_full = False
        self._fibers = 0

    @property
    def room(self) -> int:
        """How many requests more may wait."""
        return max(0, self._limits.queued - self._fibers)

    def take(self, connection: Connection) -> bool:
        """Have a request answered; False when too many wait already."""
        light = self._is_light(connection)
        crowded = self.is_full or (
            self._fibers >= self._most_fibers if light else self._threads.waiting() >= self._limits.queued
        )
        if crowded and connection.request.path not in self._limits.always_queued:
            return False
        if light:
            self.hub.start(partial(self._answer_in_fiber, connection))
        else:
            self._threads.put(partial(self._answer, connection))
        return True

    def _is_light(self, connection: Connection) -> bool:
        request, body = connection.request, connection.body
        return (
            request.path.endswith(self._limits.light_paths)
            and (body is None or body.size <= self._limits.light_bytes)
            # A few bytes may become many.
            and not any(name == "CONTENT-ENCODING" for name, _ in request.headers)
        )

    def _answer_in_fiber(self, connection: Connection) -> None:
        self._fibers += 1
        try:
            self._answer(connection)
        finally:
            self._fibers -= 1
