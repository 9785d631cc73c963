"""Where a worker runs: on a processor of its own, where there are as many processors as workers.

A worker's threads share the interpreter's lock, so they gain next to nothing from a second processor and
lose much by moving: each wake-up across processors leaves warm caches behind. Measured on two cores, a
request costs a fifth less when its worker stays (docs/performance.md).
"""

from __future__ import annotations

import os
from collections.abc import Set


def allowed() -> frozenset[int]:
    """The processors that this process may use, its cgroup's cpuset included; none where that is unknown."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def choose(processors: Set[int], workers: int, place: int) -> int | None:
    """The processor for a new worker.

    Args:
        processors: those allowed to all workers together.
        workers: how many workers the gateway has.
        place: the worker's number among those that live, from 0.

    Returns:
        A processor, or None where the worker is to roam: with more or fewer processors than workers others
        have a claim on them, such as other containers on the same node.
    """
    if len(processors) != workers or place >= workers:
        return None
    return sorted(processors)[place]


def keep_to(processor: int | None) -> None:
    """Keep this process, and every thread it will start, on one processor."""
    if processor is not None:
        os.sched_setaffinity(0, {processor})
