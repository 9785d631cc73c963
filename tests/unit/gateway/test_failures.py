"""Failure is a path like any other: what fails harms nobody else, and nothing of it stays."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import orjson
import pytest
from PIL import Image

from serving.errors import ModelError
from serving.gateway.app import create_app
from serving.gateway.inference.batches import BatchRequest
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.protocols.uploads import Upload
from serving.gateway.server.bridge import wait_for
from serving.gateway.server.environ import Body
from serving.gateway.server.limits import ServerLimits
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.asgi import Answer, Caller
from tests.unit.gateway.fakes import CLOTHES, Call, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import CLASSIFY, b64, blank_png, png

OF_A_REQUEST = (Upload, BatchRequest, RequestState, Body)
CLASSIFY_CLOTHES = "/v1/models/clothes:classify"


def photograph() -> bytes:
    """A JPEG of a stroke on grainy paper, larger than what is handled on the loop."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(1).integers(215, 256, (400, 400), np.uint8)
    pixels[80:320, 180:220] //= 8
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def several(*pictures: bytes) -> bytes:
    return orjson.dumps({"images": [{"b64": b64(picture)} for picture in pictures]})


def model_error(_call: Call) -> None:
    raise ModelError("The model server failed on this request.")


def bug(_call: Call) -> None:
    raise TypeError("secret internals")


def hang(call: Call) -> asyncio.Future[None]:
    return asyncio.ensure_future(asyncio.sleep(call.context.deadline.remaining() + 0.2))


@dataclass
class Failure:
    """A request and how it must fail."""

    status: int
    body: bytes
    kind: str = "image/jpeg"
    hook: Callable[[Call], asyncio.Future[None] | None] | None = None
    settings: dict[str, int] = field(default_factory=dict)
    queued: int = 256
    describes: bool = False


FAILURES = {
    "a damaged picture": Failure(400, photograph()[:-5000]),
    "no picture": Failure(415, b"hello" * 10_000),
    "a blank picture": Failure(422, blank_png(), "image/png"),
    "a picture that is too large": Failure(413, photograph(), settings={"max_image_pixels": 1000}),
    "several pictures that all fail": Failure(
        422, several(photograph()[:-5000], blank_png(), b"hello"), "application/json"
    ),
    "damaged JSON": Failure(400, several(photograph())[:-9], "application/json"),
    "a model error": Failure(502, photograph(), hook=model_error),
    "a model that hangs": Failure(504, photograph(), hook=hang),
    "a model that does not describe itself": Failure(502, photograph(), hook=model_error, describes=True),
    "too many requests": Failure(429, photograph(), queued=0),
    "a bug of our own": Failure(500, photograph(), hook=bug),
    "a bug on the way to the card": Failure(500, photograph(), hook=bug, describes=True),
    "a bug for tiny pictures": Failure(500, png(), "image/png", hook=bug),
}


@pytest.fixture
def earlier() -> Iterator[list[object]]:
    """What other tests left; no garbage collection, and no log records, which would keep tracebacks."""
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.disable()
    yield [each for each in gc.get_objects() if isinstance(each, OF_A_REQUEST)]
    gc.enable()
    logging.disable(logging.NOTSET)


def left_over(earlier: list[object]) -> list[str]:
    """The kinds of what finished requests left behind."""
    known = set(map(id, earlier))
    found = [each for each in gc.get_objects() if isinstance(each, OF_A_REQUEST)]
    return [type(each).__name__ for each in found if id(each) not in known]


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_nothing_of_a_request_that_failed_survives_it(failure: Failure, earlier: list[object]) -> None:
    predictor = FakePredictor()
    if failure.describes:
        predictor.before_describe = failure.hook
    else:
        predictor.before_predict = failure.hook
    app = create_app(Settings(models=("digits",), access_log=False, **failure.settings), predictor)  # type: ignore[arg-type]
    caller = Caller(app, ServerLimits(queued=failure.queued))
    headers = {"content-type": failure.kind, "x-request-timeout": "0.5" if failure.hook is hang else "5"}
    for _ in range(3):
        answer = wait_for(caller.ask("POST", CLASSIFY, failure.body, headers))
        assert answer.status == failure.status, answer.content
        assert answer.headers["content-type"] == "application/problem+json"
    end = time.monotonic() + 5
    while left_over(earlier) and time.monotonic() < end:  # threads and the hung call end a moment later
        time.sleep(0.05)
    assert left_over(earlier) == []


@pytest.mark.parametrize("describes", [False, True])
def test_a_bug_of_our_own_is_500_and_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, describes: bool
) -> None:
    predictor = FakePredictor(
        before_describe=bug if describes else None, before_predict=None if describes else bug
    )
    caller = Caller(create_app(Settings(models=("digits",)), predictor))
    answer = wait_for(caller.ask("POST", CLASSIFY, png(), {"content-type": "image/png"}))
    assert (answer.status, answer.code) == (500, "internal")
    assert b"secret" not in answer.content
    assert ["secret internals" in str(each.exc_info) for each in caplog.records if each.exc_info] == [True]


def test_one_model_that_hangs_leaves_the_other_and_the_probes_their_answers() -> None:
    def hang_digits(call: Call) -> asyncio.Future[None] | None:
        return asyncio.ensure_future(asyncio.sleep(600)) if call.ref.name == "digits" else None

    models = {"digits": {3: FakeVersion()}, "clothes": {1: FakeVersion(CLOTHES)}}
    predictor = FakePredictor(models, before_predict=hang_digits)
    caller = Caller(create_app(Settings(models=("digits", "clothes"), max_calls=2), predictor))

    async def main() -> tuple[list[Answer], list[Answer]]:
        headers = {"content-type": "image/png", "x-request-timeout": "3"}
        hung = [asyncio.ensure_future(caller.ask("POST", CLASSIFY, png(), headers)) for _ in range(40)]
        await asyncio.sleep(0.1)
        others = [await caller.ask("POST", CLASSIFY_CLOTHES, png(100), headers) for _ in range(5)]
        others += [await caller.ask("GET", path) for path in ("/healthz", "/readyz", "/metrics")]
        assert not any(each.done() for each in hung)
        return await asyncio.gather(*hung), others

    hung, others = wait_for(main())
    assert [answer.status for answer in others] == [200] * 8
    assert {answer.status for answer in hung} == {504}


def test_more_than_may_be_queued_is_429_while_probes_are_answered_and_both_are_counted() -> None:
    app = create_app(Settings(models=("digits",)), FakePredictor())
    caller = Caller(app, ServerLimits(queued=0))
    shed = wait_for(caller.ask("POST", CLASSIFY, png(), {"content-type": "image/png"}))
    assert (shed.status, shed.headers["content-type"]) == (429, "application/problem+json")
    assert int(shed.headers["retry-after"]) > 0
    found = wait_for(caller.ask("GET", "/metrics"))
    assert b'gateway_requests_total{code="429",model="",route="classify"} 1.0' in found.content


def test_a_bug_in_preparation_is_500_and_never_the_pictures_fault(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(models=("digits",), max_image_pixels="many")  # type: ignore[arg-type] # the bug
    caller = Caller(create_app(settings, FakePredictor()))
    for content in (png(), png(200)):
        answer = wait_for(caller.ask("POST", CLASSIFY, content, {"content-type": "image/png"}))
        assert (answer.status, answer.code) == (500, "internal")
    assert [each.exc_info[0] for each in caplog.records if each.exc_info] == [TypeError, TypeError]
