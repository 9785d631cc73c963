"""Batches: joining the inputs of several requests, and distributing the outputs to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.tensors import Array

Run = Callable[[Sequence[Array]], list[Array]]


class BatchTask:
    """One request's inputs and, once the lock ``done`` is released, its outputs or its error."""

    def __init__(self, feeds: Sequence[Array]) -> None:
        self.feeds = feeds
        self.rows = len(feeds[0])
        self.outputs: list[Array] = []
        self.error: StatusError | None = None
        self.done = threading.Lock()
        self.done.acquire()


@dataclass
class QueuedBatch:
    """Requests that are run together.

    Attributes:
        key: what its requests have in common.
        run: runs the joined inputs.
        due: when it must run at the latest, on the monotonic clock.
        tasks: the requests.
        rows: total number of rows of their inputs.
    """

    key: Hashable
    run: Run
    due: float
    tasks: list[BatchTask] = field(default_factory=list)
    rows: int = 0


def join(tasks: Sequence[BatchTask], allowed_sizes: Sequence[int]) -> list[Array]:
    """Concatenate the inputs of all tasks, and repeat the last row up to an allowed size."""
    rows = sum(task.rows for task in tasks)
    padding = next((size for size in allowed_sizes if size >= rows), rows) - rows
    joined = []
    for feeds in zip(*(task.feeds for task in tasks), strict=True):
        pieces = [*feeds, *[feeds[-1][-1:]] * padding]
        joined.append(np.concatenate(pieces) if len(pieces) > 1 else pieces[0])
    return joined


def rows_of(feeds: Sequence[Array]) -> int:
    """The common first dimension of some inputs.

    Raises:
        StatusError: INVALID_ARGUMENT, the inputs cannot be batched.
    """
    if not feeds:
        raise invalid_argument("Batching Run() must have at least one input tensor")
    if any(not feed.ndim for feed in feeds):
        raise invalid_argument("Batching Run() input tensors must have at least one dimension")
    if any(len(feed) != len(feeds[0]) for feed in feeds):
        raise invalid_argument("Batching Run() input tensors must have equal 0th-dimension size")
    return len(feeds[0])


def share(outputs: list[Array], tasks: list[BatchTask], rows: int) -> None:
    """Give every task its rows of the outputs, which must have ``rows`` rows, padding included.

    Raises:
        StatusError: FAILED_PRECONDITION, an output has another number of rows.
    """
    for output in outputs:
        if not output.ndim:
            raise StatusError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(output) != rows:
            raise StatusError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of "
                "the input tensors",
            )
    at = 0
    for task in tasks:
        task.outputs = [output[at : at + task.rows] for output in outputs]
        at += task.rows
