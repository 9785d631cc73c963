"""Work spread over threads, with its results in order and a bounded number of pieces under way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

PARTING_SECONDS = 1.0

In = TypeVar("In")
Out = TypeVar("Out")


class Window(Generic[In, Out]):
    """A few threads that do ``work`` on pieces.

    The threads are daemons: after Ctrl-C nobody waits for an answer that is still under way.

    Args:
        work: done for each piece.
        threads: how many pieces are worked on at once.
    """

    def __init__(self, work: Callable[[In], Out], threads: int) -> None:
        self._work = work
        self._threads = threads
        self._running: list[threading.Thread] = []
        self._queue: SimpleQueue[tuple[Future[Out], In] | None] = SimpleQueue()

    def run(self, pieces: Iterable[In]) -> Iterator[Out]:
        """The results in the order of the pieces, each as soon as it and those before it are there.

        At most twice as many pieces as there are threads are under way or waiting to be fetched.

        Raises:
            Exception: what ``work`` raised for the first piece that failed; later pieces are dropped.
        """
        pending: deque[Future[Out]] = deque()
        try:
            for piece in pieces:
                pending.append(self._submit(piece))
                while pending and (pending[0].done() or len(pending) >= 2 * self._threads):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except GeneratorExit:
            # Whoever left early may close next what ``work`` still uses.
            self._end(pending, PARTING_SECONDS)
            raise
        finally:
            self._end(pending, 0)

    def _end(self, pending: Iterable[Future[Out]], seconds: float) -> None:
        """Drop what has not begun; give what has begun so long to come to its end."""
        for future in pending:
            future.cancel()
        threads, self._running = self._running, []
        for _ in threads:
            self._queue.put(None)
        until = monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - monotonic()))

    def _submit(self, piece: In) -> Future[Out]:
        future: Future[Out] = Future()
        self._queue.put((future, piece))
        if len(self._running) < self._threads:
            thread = threading.Thread(target=self._serve, daemon=True)
            self._running.append(thread)
            thread.start()
        return future

    def _serve(self) -> None:
        while (task := self._queue.get()) is not None:
            future, piece = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._work(piece))
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is fetched
                future.set_exception(error)
