"""Preparation: what is done on the loop, what is left to a thread, and what is refused as a whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest

from serving.errors import ModelTimeout, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.preparation import LARGE_AT_A_TIME, LARGE_PIXELS, Preparation
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.server.bridge import wait_for
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Limits, Prepared
from tests.unit.gateway.pictures import encoded

LARGE_SIDE = int(LARGE_PIXELS**0.5) + 1
T = TypeVar("T")


def picture(side: int, kind: str = "PNG") -> Upload:
    pixels = np.full((side, side), 255, np.uint8)
    pixels[side // 4 : -side // 4, side // 2 - 2 : side // 2 + 2] = 0
    return Upload(None, encoded(pixels, kind))


class Held(Threads):
    """Counts what threads are asked to do, and holds large pictures back until the gate is open."""

    def __init__(self) -> None:
        super().__init__(2)
        self.runs = self.held = 0
        self.gate = asyncio.Event()
        self.preparation = Preparation(Limits(), self)

    async def run(
        self, deadline: Deadline, work: Callable[[], T], finished: Callable[[], None] | None = None
    ) -> T:
        self.runs += 1
        if finished is not None:
            self.held += 1
            await self.gate.wait()
        return await super().run(deadline, work, finished)

    async def ask(self, *uploads: Upload, seconds: float = 30.0) -> list[type]:
        """What becomes of each picture."""
        context = CallContext(Deadline.after(seconds))
        answers = await self.preparation.prepare(uploads, "ink@2", "auto", context, Stages())
        return [type(answer) for answer in answers]


@pytest.mark.parametrize(
    ("uploads", "runs"),
    [
        ([picture(28)], 0),
        ([picture(28, "BMP")], 1),
        ([picture(28), picture(28)], 1),
        ([picture(200)], 1),
    ],
    ids=["one small PNG", "another format", "two", "more pixels than are small"],
)
def test_one_small_png_is_prepared_on_the_loop_and_the_rest_in_a_thread(
    uploads: list[Upload], runs: int
) -> None:
    threads = Held()
    assert wait_for(threads.ask(*uploads)) == [Prepared] * len(uploads)
    assert threads.runs == runs


def test_pictures_whose_deadline_has_passed_are_not_prepared() -> None:
    with pytest.raises(ModelTimeout):
        wait_for(Held().ask(picture(28), seconds=0.0))


def test_large_pictures_wait_for_each_other_and_small_ones_pass() -> None:
    threads = Held()
    large = picture(LARGE_SIDE)

    async def main() -> None:
        first = [asyncio.ensure_future(threads.ask(large)) for _ in range(LARGE_AT_A_TIME)]
        while threads.held < LARGE_AT_A_TIME:
            await asyncio.sleep(0.001)
        assert len(await threads.ask(picture(200))) == 1
        with pytest.raises(Overloaded, match="large"):
            await threads.ask(picture(28), large, seconds=2.0)
        threads.gate.set()
        for answers in [*await asyncio.gather(*first), await threads.ask(large)]:
            assert answers == [Prepared]

    wait_for(main())


def test_a_large_picture_that_is_damaged_makes_way_for_the_next() -> None:
    threads = Held()
    threads.gate.set()
    large = picture(LARGE_SIDE)
    for _ in range(LARGE_AT_A_TIME + 1):
        (answer,) = wait_for(threads.ask(Upload(None, large.data[:-40])))
        assert issubclass(answer, ServiceError)
    assert wait_for(threads.ask(large)) == [Prepared]


def test_work_whose_deadline_passes_before_a_thread_is_free_never_begins() -> None:
    threads, held, happened = Threads(1), threading.Event(), list[str]()
    finished = asyncio.Event()

    async def main() -> None:
        first = asyncio.ensure_future(threads.run(Deadline.after(5), lambda: held.wait(5)))
        late = threads.run(Deadline.after(0.02), lambda: happened.append("begun"), finished.set)
        await asyncio.sleep(0)
        with pytest.raises(ModelTimeout):
            await late
        held.set()
        assert await first
        await asyncio.wait_for(finished.wait(), 5)
        await threads.run(Deadline.after(5), lambda: happened.append("next"))

    wait_for(main())
    assert happened == ["next"]
