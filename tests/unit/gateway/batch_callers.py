"""A model server that tests hold and release, and callers whose requests meet in batches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from serving.errors import ModelTimeout
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.inference.batching import Batcher
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import background_loop, wait_for
from serving.gateway.settings.settings import Settings

DIGITS = ModelRef("digits")


class Gate(asyncio.Event):
    """An event of the loop that tests set from their own thread."""

    def open(self) -> None:
        background_loop().call_soon_threadsafe(self.set)


@dataclass
class Server:
    """Answers each picture with its first pixel; waits where a test holds it, for one model or for all."""

    calls: list[tuple[ModelRef, list[int], CallContext]] = field(default_factory=list)
    gate: Gate = field(default_factory=Gate)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fail: Callable[[], None] | None = None
    held: Gate | None = None
    hung: ModelRef | None = None

    async def send(self, ref: ModelRef, pictures: Pictures, context: CallContext) -> Reply:
        self.calls.append((ref, pictures[:, 0, 0].tolist(), context))
        self.entered.release()
        if self.hung in (None, ref):
            try:
                await asyncio.wait_for(self.gate.wait(), min(5.0, context.deadline.remaining()))
            except asyncio.TimeoutError as error:
                raise ModelTimeout("too late") from error
        if self.held is not None:
            await asyncio.wait_for(self.held.wait(), 5)
        if self.fail is not None:
            self.fail()
        return Reply(1, {"value": pictures[:, 0, 0].astype(np.float32)})

    def sizes(self) -> list[int]:
        return [len(values) for _, values, _ in self.calls]


class Callers:
    """Requests on the background loop, each with pictures of one value."""

    def __init__(
        self,
        server: Server,
        max_batch: int = 8,
        max_waiting: int = 16,
        max_calls: int = 16,
        batch_calls: int = 1,
    ) -> None:
        settings = Settings(
            max_batch=max_batch, max_waiting=max_waiting, max_calls=max_calls, batch_calls=batch_calls
        )
        self.batcher = Batcher(server.send, settings)
        self.server = server

    def ask(
        self, value: int, count: int = 1, seconds: float = 5.0, ref: ModelRef = DIGITS
    ) -> Future[list[float]]:
        async def predict() -> list[float]:
            context = CallContext(Deadline.after(seconds), (f"id-{value}",))
            request = BatchRequest(np.full((count, 28, 28), value, np.uint8), context)
            return list((await self.batcher.predict(ref, request)).outputs["value"])

        return asyncio.run_coroutine_threadsafe(predict(), background_loop())

    def hold(self, ref: ModelRef = DIGITS) -> Future[list[float]]:
        """Make a first call that stays under way until the gate opens."""
        first = self.ask(0, ref=ref)
        assert self.server.entered.acquire(timeout=5)
        return first

    def waiting(self, count: int) -> None:
        """Return once so many pictures wait."""
        queue = self.batcher._queues[DIGITS]
        until(lambda: queue._waiting_pictures == count)


def until(condition: Callable[[], bool]) -> None:
    """Return once something is true."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        wait_for(asyncio.sleep(0.001))
