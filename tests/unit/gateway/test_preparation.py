"""Preparation: what a fiber does itself, what it leaves to a thread, and what is refused as a whole."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image
from serving.gateway.inference.large_pictures import LARGE_PIXELS, PLACES

from serving.errors import ModelTimeout, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.inference.preparation import Preparation
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.protocols.uploads import Upload
from serving.gateway.telemetry.stages import Stages
from serving.images import Limits, Prepared
from tests.unit.gateway.fiber_loop import Loop


def picture(side: int, kind: str = "PNG") -> Upload:
    pixels = np.full((side, side), 255, np.uint8)
    pixels[side // 4 : -side // 4, side // 2 - 2 : side // 2 + 2] = 0
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return Upload(None, file.getvalue())


class Watched(Preparation):
    """Notes in which thread pictures are decoded."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.threads: list[str] = []

    def ask(self, *uploads: Upload, seconds: float = 5.0) -> list[Prepared | ServiceError]:
        return self.prepare(uploads, "ink", "auto", CallContext(Deadline.after(seconds)), Stages())

    def _decode(self, *arguments: object) -> object:  # type: ignore[override]
        self.threads.append(threading.current_thread().name)
        return super()._decode(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uploads", "threads"),
    [
        ([picture(28)], ["MainThread"]),
        ([picture(28, "BMP")], ["elsewhere"]),
        ([picture(28), picture(28)], ["elsewhere", "elsewhere"]),
        ([picture(200)], ["MainThread", "elsewhere"]),
    ],
    ids=["one small PNG", "another format", "two", "more pixels than are small"],
)
def test_a_fiber_prepares_one_small_png_itself_and_leaves_the_rest_to_a_thread(
    uploads: list[Upload], threads: list[str]
) -> None:
    loop, preparation = Loop(), Watched()
    answers: list[list[Prepared | ServiceError]] = []
    loop.hub.start(lambda: answers.append(preparation.ask(*uploads)))
    loop.until(lambda: answers)
    assert preparation.threads == threads
    assert all(isinstance(each, Prepared) for each in answers[0])


def test_a_thread_prepares_all_itself() -> None:
    preparation = Watched()
    assert len(preparation.ask(picture(28), picture(200))) == 2
    assert preparation.threads == ["MainThread", "MainThread"]


def test_pictures_whose_deadline_has_passed_are_not_prepared() -> None:
    preparation = Watched()
    with pytest.raises(ModelTimeout):
        preparation.ask(picture(28), seconds=0.0)
    assert preparation.threads == []


def test_a_large_picture_beside_too_many_others_is_refused_with_the_whole_request() -> None:
    preparation = Watched()
    side = int(LARGE_PIXELS**0.5) + 1
    taken = [preparation._turnstile.admit(LARGE_PIXELS, Deadline.after(1)) for _ in range(PLACES)]
    for place in taken:
        place.__enter__()
    with pytest.raises(Overloaded):
        preparation.ask(picture(28), picture(side), seconds=0.2)
    for place in taken:
        place.__exit__(None, None, None)
    assert len(preparation.ask(picture(28), picture(side))) == 2
