"""Threads for work that would block the event loop: large bodies, pictures, long answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from serving.errors import ModelTimeout
from serving.gateway.deadline import Deadline

QUICK_BYTES = 16_384
"""Bodies and answers up to this size are read and written on the event loop, larger ones in a thread."""

T = TypeVar("T")


class Threads:
    """A fixed number of threads. Work whose deadline passes while it waits for a thread is never started."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="compute")

    async def run(
        self, deadline: Deadline, work: Callable[[], T], finished: Callable[[], None] | None = None
    ) -> T:
        """Call ``work`` in a thread and wait for its result.

        Args:
            deadline: how long to wait. Work that has started continues after it, and its result is dropped.
            work: the function to call.
            finished: called on the loop when the work has ended or will never start.

        Raises:
            ModelTimeout: the deadline passed first.
        """
        loop = asyncio.get_running_loop()
        begun = self._pool.submit(work)
        if finished is not None:
            begun.add_done_callback(lambda _: loop.call_soon_threadsafe(finished))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(begun), deadline.remaining())
        except asyncio.TimeoutError as error:
            detail = "The deadline passed before the request was answered. Allow more time."
            raise ModelTimeout(detail) from error
        finally:
            del begun  # a failed future and this frame would keep each other alive
