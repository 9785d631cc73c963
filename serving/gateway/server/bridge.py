"""Lets synchronous code wait for coroutines without holding up the event loop.

A WSGI application runs in a greenlet on the loop's own thread. Where it waits, ``wait_for`` hands the
coroutine to the task that started the greenlet, and the loop runs other requests until the result is there.
SQLAlchemy connects its synchronous core to asyncio in the same way.

Outside such a greenlet, in a test client or a plain WSGI server, ``wait_for`` blocks the calling thread while
one background loop runs the awaitable. All coroutines of a process therefore run on one loop, and what they
share needs no locks.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, ParamSpec, TypeVar, cast

from greenlet import getcurrent, greenlet

P = ParamSpec("P")
T = TypeVar("T")


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a greenlet of its own, which may use ``wait_for``; raises what it raises."""
    request = greenlet(function)
    result = request.switch(*args, **kwargs)
    while not request.dead:
        try:
            value = await result
        except BaseException as error:  # noqa: BLE001 - raised again where it was waited for
            result = request.throw(error)
        else:
            result = request.switch(value)
    return cast(T, result)


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Wait for a coroutine and return its result; raises what it raises."""
    task = getcurrent().parent  # a thread's first greenlet has none
    if task is not None:
        return cast(T, task.switch(coroutine))
    return asyncio.run_coroutine_threadsafe(coroutine, background_loop()).result()


@cache
def background_loop() -> asyncio.AbstractEventLoop:
    """The loop for callers outside ``run``, started by the first of them in a daemon thread."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="background-loop", daemon=True).start()
    return loop
