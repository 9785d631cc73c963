"""Fibers, the hub that runs them, and how they wait."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import monotonic

from greenlet import getcurrent, greenlet

Job = Callable[[], None]
Defer = Callable[[Job], None]
"""Has a job done in another thread."""


class Fiber(greenlet):
    """What runs on a hub."""

    def __init__(self, hub: Hub, run: Job) -> None:
        super().__init__(run, hub.loop)
        self.hub = hub


class FiberParking:
    """A parking for a fiber."""

    __slots__ = ("_fiber", "_hub", "_is_set", "_waits")

    def __init__(self, fiber: Fiber) -> None:
        self._fiber, self._hub = fiber, fiber.hub
        self._is_set = self._waits = False

    def wait(self, timeout: float) -> bool:
        """See ``Parking``."""
        end = monotonic() + timeout
        # Said before looking: another thread sets first and looks then, so one of the two sees the other.
        self._waits = True
        while not self._is_set and monotonic() < end:
            self._hub.leave(self, end)
        self._waits = False
        came = self._is_set
        if came:
            self._is_set = False
        return came

    def set(self) -> None:
        """See ``Parking``."""
        self._is_set = True
        if self._waits:
            self._hub.make_ready(self)

    def go_on(self) -> None:
        """Return to the fiber, if it waits."""
        if self._waits:
            self._fiber.switch()


class Hub:
    """Runs fibers in the thread that makes it, which has a loop of its own and calls ``run`` in it.

    Args:
        wake: makes the loop come round soon; called from any thread.
        block: does what waits for others in another thread.
        compute: does what keeps a processor busy for long in another thread.
    """

    def __init__(self, wake: Job, block: Defer, compute: Defer) -> None:
        self.loop = getcurrent()
        self.block, self.compute = block, compute
        self._wake = wake
        self._ready: deque[FiberParking] = deque()
        self._alarms: list[tuple[float, int, FiberParking]] = []
        self._number = count()
        self._soon: dict[Job, None] = {}

    def start(self, run: Job) -> None:
        """Run a new fiber until it waits or ends; it must not raise."""
        Fiber(self, run).switch()

    def run(self) -> None:
        """Go on with everything that has been set free, or whose time is up; then do what was to be soon."""
        self._go_on()
        while self._alarms and self._alarms[0][0] <= monotonic():
            heappop(self._alarms)[2].go_on()
        while self._soon:
            jobs, self._soon = self._soon, {}
            for job in jobs:
                job()
            self._go_on()

    def _go_on(self) -> None:
        while self._ready:
            self._ready.popleft().go_on()

    def soon(self, job: Job) -> None:
        """Do something once, after all that the loop is dealing with at the moment."""
        self._soon[job] = None

    def patience(self, most: float) -> float:
        """How many seconds the loop may sleep, at most ``most``."""
        if self._ready or self._soon:
            return 0.0
        return max(0.0, min(most, self._alarms[0][0] - monotonic())) if self._alarms else most

    def leave(self, parking: FiberParking, end: float) -> None:
        """Let others run until the parking is made ready or the time is up; called in its fiber."""
        if end != math.inf:
            heappush(self._alarms, (end, next(self._number), parking))
        self.loop.switch()

    def make_ready(self, parking: FiberParking) -> None:
        """Go on with a parking's fiber when the loop comes round."""
        self._ready.append(parking)
        self._wake()
