"""Natural batching: what arrives while a call is under way goes together into the next.

Nothing waits when nothing is under way. Among the requests of a batch the one with the most time left makes
the call; the others wait no longer than their own deadlines and leave when they pass.
Requests are served in the order they came. A call that takes longer than ``PATIENCE`` gives up its place but
not its answer: one that a hung server swallowed must not hold up what the server answers now. More than
``max_waiting`` pictures are not queued but refused.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from serving.errors import ModelError, ModelTimeout
from serving.gateway import fibers
from serving.gateway.deadline import Deadline
from serving.gateway.errors import Overloaded
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef

MAX_IDLE_LANES = 256
PATIENCE = 1.0
"""Seconds after which a call no longer holds up others."""

Pictures = NDArray[np.uint8]
Send = Callable[[ModelRef, Pictures, CallContext], Reply]


class Item:
    """One request's pictures on their way through a batch.

    Attributes:
        pictures: uint8 ``[N, 28, 28]``.
        sent_at: when the call was made, on the monotonic clock; 0.0 before.
    """

    __slots__ = ("batch", "context", "error", "pictures", "reply", "sent_at", "wake")

    def __init__(self, pictures: Pictures, context: CallContext) -> None:
        self.pictures = pictures
        self.context = context
        self.batch: list[Item] | None = None
        self.reply: Reply | None = None
        self.error: BaseException | None = None
        self.sent_at = 0.0
        self.wake = fibers.parking()

    @property
    def size(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    @property
    def deadline(self) -> Deadline:
        """When the request stops waiting."""
        return self.context.deadline


class Lane:
    """The queue of one model, version or label."""

    def __init__(self, ref: ModelRef, send: Send, *, max_batch: int, max_waiting: int, calls: int) -> None:
        self._ref, self._send = ref, send
        self._max_batch, self._max_waiting = max_batch, max_waiting
        self._calls = calls
        self._under_way: dict[Item, float] = {}
        self._lock = threading.Lock()
        self._waiting: deque[Item] = deque()
        self._waiting_pictures = 0

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._under_way

    def predict(self, item: Item) -> Reply:
        """Wait for a batch, be part of it, and get this request's share of the reply.

        Raises:
            Overloaded: the queue is full.
            ModelTimeout: the deadline passed first.
            ServiceError: whatever the call met.
        """
        with self._lock:
            if self._waiting_pictures and self._waiting_pictures + item.size > self._max_waiting:
                raise Overloaded("Too many pictures are waiting for this model. Try again soon.")
            self._waiting.append(item)
            self._waiting_pictures += item.size
        fibers.soon(self._start)
        self._wait(item)
        if item.batch is not None:
            self._lead(item.batch, item)
        if item.error is not None:
            raise item.error
        if item.reply is None:
            raise ModelTimeout("The model did not answer before the deadline.")
        return item.reply

    def _wait(self, item: Item) -> None:
        """Wait to lead or for others to have led, until the deadline; see now and then what is in front."""
        while not item.wake.wait(min(item.deadline.remaining(), PATIENCE)):
            if not item.deadline.remaining():
                return self._leave(item)
            self._start()

    def _start(self) -> None:
        """Begin the next batch, unless as many calls as may be are under way."""
        with self._lock:
            self._hand_over()

    def _hand_over(self) -> None:
        """With the lock held: hand the next batch to the request in it that has the most time left."""
        now = time.monotonic()
        busy = sum(now - began < PATIENCE for began in self._under_way.values())
        if busy >= self._calls or not self._waiting:
            return
        batch = [self._next()]
        size = batch[0].size
        while self._waiting and size + self._waiting[0].size <= self._max_batch:
            size += self._waiting[0].size
            batch.append(self._next())
        leader = max(batch, key=lambda item: item.deadline)
        leader.batch = batch
        self._under_way[leader] = now
        leader.wake.set()

    def _next(self) -> Item:
        item = self._waiting.popleft()
        self._waiting_pictures -= item.size
        return item

    def _leave(self, item: Item) -> None:
        """Give up: out of the queue, or out of the waiting for a call that others made."""
        with self._lock:
            if item in self._waiting:
                self._waiting.remove(item)
                self._waiting_pictures -= item.size

    def _lead(self, batch: list[Item], leader: Item) -> None:
        try:
            _settle(batch, self._call(batch, leader.deadline))
        except BaseException as error:
            for item in batch:
                item.error = error
            raise
        finally:
            with self._lock:
                del self._under_way[leader]
                self._hand_over()
            for item in batch:
                if item is not leader:
                    item.wake.set()

    def _call(self, batch: Sequence[Item], deadline: Deadline) -> Reply:
        now = time.monotonic()
        for item in batch:
            item.sent_at = now
        if len(batch) == 1:
            return self._send(self._ref, batch[0].pictures, batch[0].context)
        pictures = np.concatenate([item.pictures for item in batch])
        ids = [request_id for item in batch for request_id in item.context.request_ids]
        traceparent = next((item.context.traceparent for item in batch if item.context.traceparent), "")
        return self._send(self._ref, pictures, CallContext(deadline, ids, traceparent))


class Batcher:
    """One lane for each model, version or label that is asked."""

    def __init__(self, send: Send, *, max_batch: int, max_waiting: int, calls: int = 1) -> None:
        self._send = send
        self._limits = {"max_batch": max_batch, "max_waiting": max_waiting, "calls": calls}
        self._lanes: dict[ModelRef, Lane] = {}
        self._lock = threading.Lock()

    def predict(self, ref: ModelRef, item: Item) -> Reply:
        """See ``Lane.predict``."""
        return (self._lanes.get(ref) or self._open(ref)).predict(item)

    def _open(self, ref: ModelRef) -> Lane:
        with self._lock:
            if len(self._lanes) >= MAX_IDLE_LANES:
                self._lanes = {ref: lane for ref, lane in self._lanes.items() if not lane.idle}
            return self._lanes.setdefault(ref, Lane(ref, self._send, **self._limits))


def _settle(batch: Sequence[Item], reply: Reply) -> None:
    """Give each request its rows of the outputs.

    Raises:
        ModelError: when an output has not one row a picture.
    """
    total = sum(item.size for item in batch)
    for name, output in reply.outputs.items():
        if output.ndim < 1 or output.shape[0] != total:
            raise ModelError(f"The model answered {list(output.shape)} as {name} for {total} pictures.")
    start = 0
    for item in batch:
        rows = slice(start, start + item.size)
        start += item.size
        shared = {name: output[rows] for name, output in reply.outputs.items()}
        item.reply = Reply(reply.version, shared)
