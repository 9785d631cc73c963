"""Batching: requests of one version and signature that arrive together are run together.

A batch waits for a free thread and at most ``batch_timeout_micros``; while all threads are busy it fills up
to ``max_batch_size``. Only requests whose inputs have the same shape beyond the first dimension share a
batch, and a batch that fails is run again request by request: nobody answers for another's input.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from serving.model_server.batching_parameters import Parameters
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.tensors import Array

Run = Callable[[Sequence[Array]], list[Array]]


class _Task:
    """One request's inputs, and later its outputs or its error; ``done`` is held until then."""

    def __init__(self, feeds: Sequence[Array]) -> None:
        self.feeds = feeds
        self.rows = len(feeds[0])
        self.outputs: list[Array] = []
        self.error: StatusError | None = None
        self.done = threading.Lock()
        self.done.acquire()


@dataclass
class _Batch:
    key: Hashable
    run: Run
    due: float
    tasks: list[_Task] = field(default_factory=list)
    rows: int = 0


class BatchScheduler:
    """The queues, and the threads that work on them."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._changed = threading.Condition()
        self._waiting: deque[_Batch] = deque()
        self._open: dict[Hashable, _Batch] = {}
        self._enqueued: dict[Hashable, int] = {}
        for number in range(parameters.threads):
            threading.Thread(target=self._work, name=f"batch {number}", daemon=True).start()

    def run(self, key: Hashable, run: Run, feeds: Sequence[Array]) -> list[Array]:
        """Run some inputs, together with others of the same key and shapes.

        Args:
            key: what may share a batch: servable, signature and outputs.
            run: runs the joined inputs.
            feeds: the inputs, equal in their first dimension.

        Raises:
            StatusError: INVALID_ARGUMENT for inputs that cannot be batched, UNAVAILABLE when the queue is
                full, or what ``run`` raises.
        """
        rows = _rows(feeds)
        most = self._parameters.max_batch_size
        if not rows:
            # TensorFlow Serving never answers these, so nobody can rely on an answer.
            raise invalid_argument("Batching Run() input tensors must have at least one row")
        if rows > most and not self._parameters.splits:
            raise invalid_argument(f"Task size {rows} is larger than maximum input batch size {most}")
        shapes = tuple(feed.shape[1:] for feed in feeds)
        parts = [[feed[at : at + most] for feed in feeds] for at in range(0, rows, most)]
        tasks = [_Task(part) for part in parts]
        for task in tasks:
            self._submit((key, shapes), run, task)
        for task in tasks:
            task.done.acquire()
            if task.error:
                raise task.error
        if len(tasks) == 1:
            return tasks[0].outputs
        return [np.concatenate(pieces) for pieces in zip(*(task.outputs for task in tasks), strict=True)]

    def _submit(self, key: Hashable, run: Run, task: _Task) -> None:
        limits = self._parameters
        with self._changed:
            batch = self._open.get(key)
            if batch is None or batch.rows + task.rows > limits.max_batch_size:
                enqueued = self._enqueued.get(key, 0)
                if enqueued >= limits.max_enqueued_batches:
                    raise StatusError(
                        Code.UNAVAILABLE,
                        "The batch scheduling queue to which this task was submitted is full; currently "
                        f"{enqueued} batches enqueued and max_enqueued_batches is "
                        f"{limits.max_enqueued_batches}",
                    )
                if batch is not None:
                    batch.due = 0.0
                batch = self._open[key] = _Batch(key, run, time.monotonic() + limits.timeout)
                self._waiting.append(batch)
                self._enqueued[key] = enqueued + 1
                self._changed.notify()
            batch.tasks.append(task)
            batch.rows += task.rows
            if batch.rows >= limits.max_batch_size:
                batch.due = 0.0
                self._changed.notify()

    def _take(self) -> _Batch:
        """Wait for a batch that is full or has waited long enough."""
        with self._changed:
            while True:
                now = time.monotonic()
                due = next((batch for batch in self._waiting if batch.due <= now), None)
                if due is not None:
                    self._waiting.remove(due)
                    if self._open.get(due.key) is due:
                        del self._open[due.key]
                    self._enqueued[due.key] -= 1
                    if not self._enqueued[due.key]:
                        del self._enqueued[due.key]
                    return due
                soonest = min((batch.due for batch in self._waiting), default=None)
                self._changed.wait(None if soonest is None else soonest - now)

    def _work(self) -> None:
        while True:
            batch = self._take()
            self._run(batch.run, batch.tasks)
            for task in batch.tasks:
                task.done.release()
            # Nothing of a request, nor its version, may live until the next batch comes.
            del batch, task

    def _run(self, run: Run, tasks: list[_Task]) -> None:
        try:
            feeds = self._join(tasks)
            _share(run(feeds), tasks, len(feeds[0]))
        except StatusError as error:
            if len(tasks) == 1:
                tasks[0].error = error
                return
            for task in tasks:
                self._run(run, [task])
        except Exception as error:  # noqa: BLE001 - a thread that ended would leave requests without an answer
            for task in tasks:
                task.error = StatusError(Code.INTERNAL, f"{type(error).__name__} in a batch")

    def _join(self, tasks: list[_Task]) -> list[Array]:
        """The inputs of all tasks one after the other, the last row repeated up to an allowed size."""
        rows = sum(task.rows for task in tasks)
        padding = next((size for size in self._parameters.allowed_sizes if size >= rows), rows) - rows
        joined = []
        for feeds in zip(*(task.feeds for task in tasks), strict=True):
            pieces = [*feeds, *[feeds[-1][-1:]] * padding]
            joined.append(np.concatenate(pieces) if len(pieces) > 1 else pieces[0])
        return joined


def _rows(feeds: Sequence[Array]) -> int:
    if not feeds:
        raise invalid_argument("Batching Run() must have at least one input tensor")
    if any(not feed.ndim for feed in feeds):
        raise invalid_argument("Batching Run() input tensors must have at least one dimension")
    if any(len(feed) != len(feeds[0]) for feed in feeds):
        raise invalid_argument("Batching Run() input tensors must have equal 0th-dimension size")
    return len(feeds[0])


def _share(outputs: list[Array], tasks: list[_Task], rows: int) -> None:
    """Give every task its rows of the outputs, of which there must be ``rows``, padding included."""
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
