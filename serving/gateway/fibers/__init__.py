"""Requests that take turns in one thread: whoever waits lets another go on.

A fiber is a greenlet: it keeps its stack while others run. What threads cannot do: leave something until the
loop has dealt with all that has come (``soon``), so that requests which came together go into one batch
(docs/performance.md). Code that waits asks for a ``parking``, code that blocks passes through ``blocking`` or
``computing``; outside of fibers these are a lock and a plain call, so that the same code serves in threads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from greenlet import getcurrent

from serving.gateway.fibers.hub import Defer, Fiber, FiberParking, Hub, Job
from serving.gateway.fibers.parking import Parking, ThreadParking

__all__ = ["Hub", "Parking", "blocking", "computing", "inside", "parking", "soon"]

P = ParamSpec("P")
T = TypeVar("T")


def inside() -> bool:
    """Whether the caller is a fiber."""
    return isinstance(getcurrent(), Fiber)


def parking() -> Parking:
    """A parking for the fiber or thread that asks."""
    here = getcurrent()
    return FiberParking(here) if isinstance(here, Fiber) else ThreadParking()


def soon(job: Job) -> None:
    """Do something after all that the loop is dealing with; at once in a thread, which has no loop."""
    here = getcurrent()
    if isinstance(here, Fiber):
        here.hub.soon(job)
    else:
        job()


def blocking(seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what waits for others, and ends by itself, without holding up other fibers.

    Args:
        seconds: how long to wait for a free thread and for the result.
        function: called in this thread outside of fibers, in another within them.
        args: its arguments.
        kwargs: its arguments by name.

    Raises:
        TimeoutError: the time passed; what has not begun by then never will.
    """
    return _elsewhere(lambda hub: hub.block, seconds, partial(function, *args, **kwargs))


def computing(seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what computes for long without holding up other fibers; otherwise as ``blocking``."""
    return _elsewhere(lambda hub: hub.compute, seconds, partial(function, *args, **kwargs))


def _elsewhere(place: Callable[[Hub], Defer], seconds: float, function: Callable[[], T]) -> T:
    here = getcurrent()
    if not isinstance(here, Fiber):
        return function()
    done = FiberParking(here)
    results: list[T] = []
    errors: list[BaseException] = []
    abandoned = False

    def job() -> None:
        if abandoned:
            return
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            errors.append(error)
        finally:
            done.set()

    place(here.hub)(job)
    if not done.wait(seconds):
        abandoned = True
        raise TimeoutError
    try:
        if errors:
            raise errors[0]
        return results[0]
    finally:
        errors.clear()  # else error, traceback and this frame would hold one another
