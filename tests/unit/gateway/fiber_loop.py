"""A loop for tests of fibers, as a worker has one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic

from serving.gateway.fibers import Hub


class Loop:
    """Sleeps until it is woken or a fiber's time is up."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.helper = threading.Thread(target=self._work, name="elsewhere", daemon=True)
        self.helper.start()
        self.hub = Hub(self.woken.set, self.jobs.put, self.jobs.put)

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            job()

    def until(self, done: Callable[[], object], seconds: float = 5.0) -> None:
        """Turn until something is true."""
        end = monotonic() + seconds
        while not done():
            assert monotonic() < end, "it never came to that"
            self.woken.wait(self.hub.patience(0.05))
            self.woken.clear()
            self.hub.run()
