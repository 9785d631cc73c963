"""The threads that run the application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Threads(Generic[T]):
    """A fixed number of threads that take work from one queue, first come first served.

    A plain queue instead of ``concurrent.futures``: no future and no lock per request. The threads are
    daemons, so that one that hangs does not keep the process from ending.

    Args:
        count: number of threads.
        work: called in a thread with each thing put in; must not raise.
    """

    def __init__(self, count: int, work: Callable[[T], None]) -> None:
        self._work = work
        self._queue: SimpleQueue[T] = SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._run, name=f"request-{number}", daemon=True).start()

    def put(self, thing: T) -> None:
        """Have ``thing`` worked on as soon as a thread is free."""
        self._queue.put(thing)

    def waiting(self) -> int:
        """How many things no thread has taken yet."""
        return self._queue.qsize()

    def _run(self) -> None:
        while True:
            self._work(self._queue.get())
