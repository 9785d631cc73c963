"""Batching: requests for the same version and signature that arrive together are run together.

A batch waits for a free thread, and at most ``batch_timeout_micros``; while all threads are busy, it grows up
to ``max_batch_size``. Requests share a batch only if their inputs have the same shape beyond the first
dimension. If a batch fails, its requests are run again one by one, so that one request cannot fail another.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Hashable, Sequence

import numpy as np

from serving.model_server.batches import BatchTask, QueuedBatch, Run, join, rows_of, share
from serving.model_server.batching_parameters import Parameters
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.tensors import Array


class BatchScheduler:
    """The queues, and the threads that run batches from them."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._changed = threading.Condition()
        self._waiting: deque[QueuedBatch] = deque()
        self._open: dict[Hashable, QueuedBatch] = {}
        self._enqueued: dict[Hashable, int] = {}
        for number in range(parameters.threads):
            threading.Thread(target=self._work, name=f"batch {number}", daemon=True).start()

    def run(self, key: Hashable, run: Run, feeds: Sequence[Array]) -> list[Array]:
        """Run inputs together with others of the same key and shapes.

        Args:
            key: what requests must have in common to share a batch: servable, signature and outputs.
            run: runs the joined inputs.
            feeds: the inputs, with the same first dimension.

        Raises:
            StatusError: INVALID_ARGUMENT, the inputs cannot be batched; UNAVAILABLE, the queue is full; or
                whatever ``run`` raises.
        """
        rows = rows_of(feeds)
        most = self._parameters.max_batch_size
        if not rows:
            # TensorFlow Serving never answers such requests, so no client relies on an answer.
            raise invalid_argument("Batching Run() input tensors must have at least one row")
        if rows > most and not self._parameters.splits:
            raise invalid_argument(f"Task size {rows} is larger than maximum input batch size {most}")
        shapes = tuple(feed.shape[1:] for feed in feeds)
        parts = [[feed[at : at + most] for feed in feeds] for at in range(0, rows, most)]
        tasks = [BatchTask(part) for part in parts]
        for task in tasks:
            self._submit((key, shapes), run, task)
        for task in tasks:
            task.done.acquire()
            if task.error:
                raise task.error
        if len(tasks) == 1:
            return tasks[0].outputs
        return [np.concatenate(pieces) for pieces in zip(*(task.outputs for task in tasks), strict=True)]

    def _submit(self, key: Hashable, run: Run, task: BatchTask) -> None:
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
                batch = self._open[key] = QueuedBatch(key, run, time.monotonic() + limits.timeout)
                self._waiting.append(batch)
                self._enqueued[key] = enqueued + 1
                self._changed.notify()
            batch.tasks.append(task)
            batch.rows += task.rows
            if batch.rows >= limits.max_batch_size:
                batch.due = 0.0
                self._changed.notify()

    def _take(self) -> QueuedBatch:
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
            # Otherwise the request and its version would stay alive until the next batch.
            del batch, task

    def _run(self, run: Run, tasks: list[BatchTask]) -> None:
        try:
            feeds = join(tasks, self._parameters.allowed_sizes)
            share(run(feeds), tasks, len(feeds[0]))
        except StatusError as error:
            if len(tasks) == 1:
                tasks[0].error = error
                return
            for task in tasks:
                self._run(run, [task])
        except Exception as error:  # noqa: BLE001 - a thread that ended would leave requests without an answer
            for task in tasks:
                task.error = StatusError(Code.INTERNAL, f"{type(error).__name__} in a batch")
