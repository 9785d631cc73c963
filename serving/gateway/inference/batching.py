"""Natural batching: requests that arrive while a call is under way go together into the next one.

Nothing waits while nothing is under way, except for what arrives at the same moment. When a call ends, its
callers often ask again at once; the next call takes them along. Requests are served in the order they came,
and one whose deadline passes leaves the queue. A call that takes longer than ``PATIENCE`` no longer holds up
others: what a hung server swallowed must not delay what the server answers now. Each model has calls of its
own, so that one that hangs delays only its own callers. More than ``max_waiting`` pictures are not queued but
refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from serving.errors import ModelTimeout, Overloaded, ServiceError
from serving.gateway.inference import batches
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef

MAX_IDLE_QUEUES = 256
PATIENCE = 1.0
"""Seconds after which a call no longer holds up others."""
TIMER_SLACK = 0.05
"""Timers of the loop may fire a little early; a call must then be older than ``PATIENCE`` all the same."""
QUIET_TURNS = 3
"""Turns of the event loop in which no request joins before a batch begins: it takes all that came at once."""

Send = Callable[[ModelRef, Pictures, CallContext], Awaitable[Reply]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BatchLimits:
    """Bounds of one model's queue.

    Attributes:
        max_batch: pictures in one call.
        max_waiting: pictures that may wait.
        calls: calls under way at a time, those older than ``PATIENCE`` not counted.
        max_calls: calls under way at a time, whatever their age.
    """

    max_batch: int
    max_waiting: int
    calls: int = 1
    max_calls: int = 16


class BatchQueue:
    """The queue of one model, version or label."""

    def __init__(self, ref: ModelRef, send: Send, limits: BatchLimits) -> None:
        self._ref, self._send, self._limits = ref, send, limits
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[BatchRequest] = deque()
        self._waiting_pictures = 0
        self._calls: dict[asyncio.Task[None], float] = {}
        self._scheduled = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._calls

    async def predict(self, request: BatchRequest) -> Reply:
        """Wait for a batch, be part of it, and return this request's share of the reply.

        Raises:
            Overloaded: the queue is full.
            ModelTimeout: the deadline passed first.
            ServiceError: whatever the call met.
        """
        if self._waiting_pictures and self._waiting_pictures + request.size > self._limits.max_waiting:
            raise Overloaded("Too many pictures are waiting for this model. Try again soon.")
        self._waiting.append(request)
        request.queued = True
        self._waiting_pictures += request.size
        self._schedule()
        timer = self._loop.call_later(request.deadline.remaining(), request.finish)
        try:
            await request.done
        finally:
            timer.cancel()
            if request.queued:
                self._waiting.remove(request)
                self._taken(request)
        if request.error is not None:
            raise request.error.again()
        if request.reply is None:
            raise ModelTimeout("The model did not answer before the deadline.")
        return request.reply

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._gather, 0, 0)

    def _gather(self, before: int, quiet_turns: int) -> None:
        """Start once nobody joins any more, or a batch is full."""
        waiting = self._waiting_pictures
        quiet_turns = 0 if waiting > before else quiet_turns + 1
        if quiet_turns < QUIET_TURNS and waiting < self._limits.max_batch:
            self._loop.call_soon(self._gather, waiting, quiet_turns)
        else:
            self._scheduled = False
            self._start()

    def _start(self) -> None:
        """Begin the next batches, as many as may be under way."""
        while self._waiting and self._may_call():
            batch = self._next_batch()
            task = self._loop.create_task(self._call(batch))
            self._calls[task] = time.monotonic()
            timer = self._loop.call_later(PATIENCE + TIMER_SLACK, self._start)
            task.add_done_callback(partial(self._ended, timer))

    def _may_call(self) -> bool:
        now = time.monotonic()
        young = sum(now - began < PATIENCE for began in self._calls.values())
        return young < self._limits.calls and len(self._calls) < self._limits.max_calls

    def _ended(self, timer: asyncio.TimerHandle, task: asyncio.Task[None]) -> None:
        timer.cancel()
        del self._calls[task]
        if self._waiting:
            self._schedule()

    def _next_batch(self) -> list[BatchRequest]:
        batch = [self._next()]
        size = batch[0].size
        while self._waiting and size + self._waiting[0].size <= self._limits.max_batch:
            size += self._waiting[0].size
            batch.append(self._next())
        return batch

    def _next(self) -> BatchRequest:
        request = self._waiting.popleft()
        self._taken(request)
        return request

    def _taken(self, request: BatchRequest) -> None:
        request.queued = False
        self._waiting_pictures -= request.size

    async def _call(self, batch: Sequence[BatchRequest]) -> None:
        now = time.monotonic()
        for request in batch:
            request.sent_at = now
        try:
            pictures, context = batches.join(batch)
            batches.distribute(batch, await self._send(self._ref, pictures, context))
        except ServiceError as error:
            batches.fail(batch, error)
        except Exception:
            ids = ",".join(each for request in batch for each in request.context.request_ids)
            log.exception("the call of a batch failed", extra={"model": self._ref.name, "request_id": ids})
            batches.fail(batch, ServiceError("Something went wrong here. Report it with the request id."))
        finally:
            for request in batch:
                request.finish()


class Batcher:
    """One queue for each model, version or label that is asked."""

    def __init__(self, send: Send, limits: BatchLimits) -> None:
        self._send, self._limits = send, limits
        self._queues: dict[ModelRef, BatchQueue] = {}

    async def predict(self, ref: ModelRef, request: BatchRequest) -> Reply:
        """See ``BatchQueue.predict``."""
        return await (self._queues.get(ref) or self._open(ref)).predict(request)

    def _open(self, ref: ModelRef) -> BatchQueue:
        if len(self._queues) >= MAX_IDLE_QUEUES:
            self._queues = {ref: queue for ref, queue in self._queues.items() if not queue.idle}
        return self._queues.setdefault(ref, BatchQueue(ref, self._send, self._limits))
