"""Natural batching: requests that arrive during a call share the next call.

If no call is running, a request waits only for requests that arrive at the same moment. When a call ends, its
callers often ask again at once, and the next call includes them. Requests are served in order of arrival. A
request whose deadline passes leaves the queue. A call that takes longer than ``PATIENCE`` no longer blocks
others: a call lost in a hung server must not delay calls that the server would answer now. Each model has its
own calls, so that a model that hangs delays only its own callers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from serving.errors import ModelTimeout, Overloaded, ServiceError
from serving.gateway.inference import batches
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings

MAX_IDLE_QUEUES = 256
PATIENCE = 1.0
"""Seconds after which a call no longer blocks others."""
TIMER_SLACK = 0.05
"""Added to timers, because the loop may fire them slightly early, before a call is ``PATIENCE`` old."""
QUIET_TURNS = 3
"""Turns of the event loop without a new request before a batch starts, so that it includes a whole burst."""

Send = Callable[[ModelRef, Pictures, CallContext], Awaitable[Reply]]

log = logging.getLogger(__name__)


class BatchQueue:
    """The queue of one model, version or label."""

    def __init__(self, ref: ModelRef, send: Send, settings: Settings) -> None:
        self._ref, self._send, self._settings = ref, send, settings
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[BatchRequest] = deque()
        self._waiting_pictures = 0
        self._calls: dict[asyncio.Task[None], float] = {}
        self._scheduled = False

    @property
    def idle(self) -> bool:
        """Whether no request waits and no call is running."""
        return not self._waiting and not self._calls

    async def predict(self, request: BatchRequest) -> Reply:
        """Send the request with a batch, and return its share of the reply.

        Raises:
            Overloaded: more than ``max_waiting`` pictures would wait.
            ModelTimeout: the deadline passed first.
            ServiceError: the call failed.
        """
        if self._waiting_pictures and self._waiting_pictures + request.size > self._settings.max_waiting:
            raise Overloaded("Too many pictures are waiting for this model. Try again soon.")
        self._waiting.append(request)
        self._waiting_pictures += request.size
        self._schedule()
        timer = self._loop.call_later(request.context.deadline.remaining(), request.finish)
        try:
            outcome = await request.outcome
        finally:
            timer.cancel()
            if not request.sent_at:
                self._waiting.remove(request)
                self._waiting_pictures -= request.size
        if outcome is None:
            raise ModelTimeout("The model did not answer before the deadline.")
        if isinstance(outcome, ServiceError):
            raise outcome.again()
        return outcome

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._gather, 0, 0)

    def _gather(self, before: int, quiet_turns: int) -> None:
        """Start once no more requests join, or a batch is full."""
        waiting = self._waiting_pictures
        quiet_turns = 0 if waiting > before else quiet_turns + 1
        if quiet_turns < QUIET_TURNS and waiting < self._settings.max_batch:
            self._loop.call_soon(self._gather, waiting, quiet_turns)
        else:
            self._scheduled = False
            self._start()

    def _start(self) -> None:
        """Start as many batches as the limits allow."""
        limits, now = self._settings, time.monotonic()
        young = sum(now - began < PATIENCE for began in self._calls.values())
        while self._waiting and young < limits.batch_calls and len(self._calls) < limits.max_calls:
            task = self._loop.create_task(self._call(self._next_batch(now)))
            self._calls[task] = now
            young += 1
            timer = self._loop.call_later(PATIENCE + TIMER_SLACK, self._start)
            task.add_done_callback(partial(self._ended, timer))

    def _ended(self, timer: asyncio.TimerHandle, task: asyncio.Task[None]) -> None:
        timer.cancel()
        del self._calls[task]
        if self._waiting:
            self._schedule()

    def _next_batch(self, now: float) -> list[BatchRequest]:
        """Take the first request, and those after it that fit into the same call."""
        batch: list[BatchRequest] = []
        size = 0
        while self._waiting and (not batch or size + self._waiting[0].size <= self._settings.max_batch):
            request = self._waiting.popleft()
            request.sent_at = now
            batch.append(request)
            size += request.size
        self._waiting_pictures -= size
        return batch

    async def _call(self, batch: Sequence[BatchRequest]) -> None:
        failure: ServiceError | None = None
        try:
            pictures, context = batches.join(batch)
            batches.distribute(batch, await self._send(self._ref, pictures, context))
        except ServiceError as error:
            failure = error.again()
        except Exception:
            ids = ",".join(each for request in batch for each in request.context.request_ids)
            log.exception("the call of a batch failed", extra={"model": self._ref.name, "request_id": ids})
            failure = ServiceError("An internal error occurred. Report it with the request id.")
        finally:
            for request in batch:
                request.finish(failure)


class Batcher:
    """A queue for each model, version or label that callers ask."""

    def __init__(self, send: Send, settings: Settings) -> None:
        self._send, self._settings = send, settings
        self._queues: dict[ModelRef, BatchQueue] = {}

    async def predict(self, ref: ModelRef, request: BatchRequest) -> Reply:
        """See ``BatchQueue.predict``."""
        queue = self._queues.get(ref)
        if queue is None:
            if len(self._queues) >= MAX_IDLE_QUEUES:
                self._queues = {ref: queue for ref, queue in self._queues.items() if not queue.idle}
            queue = self._queues[ref] = BatchQueue(ref, self._send, self._settings)
        return await queue.predict(request)
