"""A model server that tests hold and release, and callers whose requests meet in batches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from serving.errors import ModelTimeout
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import BatchRequest, Pictures
from serving.gateway.inference.batching import Batcher
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import background_loop
from serving.gateway.settings.settings import Settings
from tests.waiting import eventually

DIGITS = ModelRef("digits")
CLOTHES = ModelRef("clothes")


class Gate(asyncio.Event):
    """An event of the loop that tests set from their own thread."""

    def open(self) -> None:
        background_loop().call_soon_threadsafe(self.set)


class Callers:
    """Requests on the background loop, and the model server that is sent their batches.

    The server answers each picture with its first pixel, and waits where a test holds it.
    """

    def __init__(self, **limits: Any) -> None:  # noqa: ANN401 - each has its own type
        settings = Settings(**{"max_batch": 8, "max_waiting": 16, "max_calls": 16, **limits})
        self.batcher = Batcher(self.send, settings)
        self.calls: list[tuple[ModelRef, list[int], CallContext]] = []
        self.gate = Gate()
        self.entered = threading.Semaphore(0)
        self.fail: Callable[[], None] | None = None
        self.held: Gate | None = None
        self.hung: ModelRef | None = None

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

    def sent(self) -> list[list[int]]:
        """The first pixels of each call."""
        return [values for _, values, _ in self.calls]

    async def predict(
        self, value: int, count: int = 1, seconds: float = 5.0, ref: ModelRef = DIGITS
    ) -> list[float]:
        context = CallContext(Deadline.after(seconds), (f"id-{value}",))
        request = BatchRequest(np.full((count, 28, 28), value, np.uint8), context)
        return list((await self.batcher.predict(ref, request)).outputs["value"])

    def ask(
        self, value: int, count: int = 1, seconds: float = 5.0, ref: ModelRef = DIGITS
    ) -> Future[list[float]]:
        asked = self.predict(value, count, seconds, ref)
        return asyncio.run_coroutine_threadsafe(asked, background_loop())

    def hold(self, ref: ModelRef = DIGITS) -> Future[list[float]]:
        """Make a first call that stays under way until the gate opens."""
        first = self.ask(0, ref=ref)
        assert self.entered.acquire(timeout=5)
        return first

    def line_up(self, *asked: tuple[int, int]) -> list[Future[list[float]]]:
        """Requests of a value and a count each that wait, in this order, behind the call under way."""
        waiting = []
        for number, (value, count) in enumerate(asked, 1):
            waiting.append(self.ask(value, count))
            self.waiting(sum(each for _, each in asked[:number]))
        return waiting

    def waiting(self, count: int) -> None:
        """Return once so many pictures wait."""
        queue = self.batcher._queues[DIGITS]
        eventually(lambda: queue._waiting_pictures == count)
