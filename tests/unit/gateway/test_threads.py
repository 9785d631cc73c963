"""Threads for long work: results come back, and what comes too late never begins."""

from __future__ import annotations

import asyncio
import threading

import pytest

from serving.errors import ModelTimeout
from serving.gateway.deadline import Deadline
from serving.gateway.server.bridge import wait_for
from serving.gateway.threads import Threads


def test_work_is_done_in_a_thread_and_its_result_or_error_comes_back() -> None:
    threads = Threads(1)
    name = wait_for(threads.run(Deadline.after(5), lambda: threading.current_thread().name))
    assert name.startswith("compute")
    with pytest.raises(ZeroDivisionError):
        wait_for(threads.run(Deadline.after(5), lambda: 1 // 0))


def test_work_whose_deadline_passes_before_a_thread_is_free_never_begins() -> None:
    threads, held, happened = Threads(1), threading.Event(), list[str]()

    async def main() -> None:
        first = asyncio.ensure_future(threads.run(Deadline.after(5), lambda: held.wait(5)))
        late = threads.run(Deadline.after(0.02), lambda: happened.append("begun"), finished.set)
        await asyncio.sleep(0)
        with pytest.raises(ModelTimeout):
            await late
        held.set()
        assert await first
        await asyncio.wait_for(finished.wait(), 5)
        await threads.run(Deadline.after(5), lambda: happened.append("next"))

    finished = asyncio.Event()
    wait_for(main())
    assert happened == ["next"]
