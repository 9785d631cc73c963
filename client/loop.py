"""An event loop in a thread of its own, on which blocking code makes asynchronous calls."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from anyio.from_thread import BlockingPortal

T = TypeVar("T")
In = TypeVar("In")
Out = TypeVar("Out")


class Loop:
    """The loop. It ends with ``close``, with the object, or with the program, and cancels what still runs.

    Args:
        at_end: awaited on the loop before it ends.
    """

    def __init__(self, at_end: Callable[[], Awaitable[None]]) -> None:
        started: Future[BlockingPortal] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(_serve(started)), name="client", daemon=True)
        thread.start()
        self._portal = started.result()
        self._process = os.getpid()
        self.close = weakref.finalize(self, _end, self._portal, thread, at_end, self._process)

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call and wait for it; an interrupt of the wait cancels the call.

        Raises:
            RuntimeError: the loop is closed, or belongs to the process from which this one was forked.
        """
        self._check_process()
        future = self._portal.start_task_soon(call)
        try:
            return future.result()
        finally:
            future.cancel()

    def in_order(
        self, items: Iterable[In], concurrency: int, call: Callable[[In], Awaitable[Out]]
    ) -> Iterator[Out]:
        """Make a call for each item and yield the results in order; closing early cancels what still runs.

        At most ``concurrency`` calls run at once, and twice as many items are in memory.
        """
        self._check_process()
        pending: deque[Future[Out]] = deque()
        slots = asyncio.Semaphore(concurrency)

        async def limited(item: In) -> Out:
            async with slots:
                return await call(item)

        try:
            for item in items:
                pending.append(self._portal.start_task_soon(limited, item))
                while pending and (pending[0].done() or len(pending) >= 2 * concurrency):
                    yield pending[0].result()
                    pending.popleft()
            while pending:
                yield pending[0].result()
                pending.popleft()
        finally:
            for future in pending:
                future.cancel()

    def _check_process(self) -> None:
        """Threads do not survive a fork: a call in the new process would wait forever."""
        if os.getpid() != self._process:
            raise RuntimeError("this client belongs to another process: create one in each process")


async def _serve(started: Future[BlockingPortal]) -> None:
    # anyio's start_blocking_portal would hang in a forked process, which does not have the thread.
    async with BlockingPortal() as portal:
        started.set_result(portal)
        await portal.sleep_until_stopped()


def _end(
    portal: BlockingPortal, thread: threading.Thread, at_end: Callable[[], Awaitable[None]], process: int
) -> None:
    if os.getpid() == process:
        portal.call(at_end)
        portal.call(portal.stop, True)
        thread.join()
