"""An event loop in a thread of its own, on which blocking code makes asynchronous calls."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TypeVar

from anyio.from_thread import start_blocking_portal

T = TypeVar("T")
In = TypeVar("In")
Out = TypeVar("Out")


class Loop:
    """The loop. It ends with ``close``, with the object, or with the program; what still runs is cancelled.

    Args:
        at_end: awaited on the loop before it ends.
    """

    def __init__(self, at_end: Callable[[], Awaitable[None]]) -> None:
        stack = ExitStack()
        self._portal = stack.enter_context(start_blocking_portal())
        stack.callback(self._portal.call, self._portal.stop, True)
        stack.callback(self._portal.call, at_end)
        self.close = weakref.finalize(self, stack.close)

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call and wait for it; an interrupt of the wait cancels the call."""
        future = self._portal.start_task_soon(call)
        try:
            return future.result()
        finally:
            future.cancel()

    def in_order(
        self, items: Iterable[In], concurrency: int, call: Callable[[In], Awaitable[Out]]
    ) -> Iterator[Out]:
        """Make a call for each item, and give the results in order; leaving early cancels those under way.

        At most ``concurrency`` calls run at once, and twice as many items are in memory.
        """
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
