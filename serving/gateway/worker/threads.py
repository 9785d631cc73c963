"""The threads that do what would hold up the loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]


class Threads:
    """A fixed number of threads that take jobs from one queue, first come first served.

    A plain queue instead of ``concurrent.futures``: no future and no lock per job. The threads are
    daemons, so that one that hangs does not keep the process from ending.

    Args:
        count: number of threads.
        name: of the threads, before their numbers.
    """

    def __init__(self, count: int, name: str) -> None:
        self._queue: SimpleQueue[Job] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    def put(self, job: Job) -> None:
        """Have a job done as soon as a thread is free; it must not raise."""
        self._queue.put(job)

    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return self._queue.qsize()

    def _run(self) -> None:
        while True:
            self._queue.get()()
