"""Preparation: what is done on the loop, what is left to a thread, and what is refused as a whole."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from serving.errors import ModelTimeout, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.preparation import LARGE_AT_A_TIME, LARGE_PIXELS, Preparation
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.server.bridge import wait_for
from serving.gateway.telemetry.stages import Stages
from serving.gateway.threads import Threads
from serving.images import Limits, Prepared

LARGE_SIDE = int(LARGE_PIXELS**0.5) + 1
T = TypeVar("T")


def picture(side: int, kind: str = "PNG") -> Upload:
    pixels = np.full((side, side), 255, np.uint8)
    pixels[side // 4 : -side // 4, side // 2 - 2 : side // 2 + 2] = 0
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return Upload(None, file.getvalue())


class Held(Threads):
    """Counts what threads are asked to do, and holds large pictures back until the gate is open."""

    def __init__(self) -> None:
        super().__init__(2)
        self.runs = self.held = 0
        self.gate = asyncio.Event()

    async def run(
        self, deadline: Deadline, work: Callable[[], T], finished: Callable[[], None] | None = None
    ) -> T:
        self.runs += 1
        if finished is not None:
            self.held += 1
            await self.gate.wait()
        return await super().run(deadline, work, finished)


async def ask(
    preparation: Preparation, *uploads: Upload, seconds: float = 30.0
) -> list[Prepared | ServiceError]:
    context = CallContext(Deadline.after(seconds))
    return await preparation.prepare(uploads, "ink@2", "auto", context, Stages())


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
    answers = wait_for(ask(Preparation(Limits(), threads), *uploads))
    assert threads.runs == runs
    assert [type(each) for each in answers] == [Prepared] * len(uploads)


def test_pictures_whose_deadline_has_passed_are_not_prepared() -> None:
    with pytest.raises(ModelTimeout):
        wait_for(ask(Preparation(Limits(), Held()), picture(28), seconds=0.0))


def test_large_pictures_wait_for_each_other_and_small_ones_pass() -> None:
    threads = Held()
    preparation, large = Preparation(Limits(), threads), picture(LARGE_SIDE)

    async def main() -> None:
        first = [asyncio.ensure_future(ask(preparation, large)) for _ in range(LARGE_AT_A_TIME)]
        while threads.held < LARGE_AT_A_TIME:
            await asyncio.sleep(0.001)
        assert len(await ask(preparation, picture(200))) == 1
        with pytest.raises(Overloaded, match="large"):
            await ask(preparation, picture(28), large, seconds=2.0)
        threads.gate.set()
        for answers in [*await asyncio.gather(*first), await ask(preparation, large)]:
            assert [type(each) for each in answers] == [Prepared]

    wait_for(main())


def test_a_large_picture_that_is_damaged_makes_way_for_the_next() -> None:
    threads = Held()
    threads.gate.set()
    preparation, large = Preparation(Limits(), threads), picture(LARGE_SIDE)
    damaged = Upload(None, large.data[:-40])
    for _ in range(LARGE_AT_A_TIME + 1):
        (answer,) = wait_for(ask(preparation, damaged))
        assert isinstance(answer, ServiceError)
    assert [type(each) for each in wait_for(ask(preparation, large))] == [Prepared]
