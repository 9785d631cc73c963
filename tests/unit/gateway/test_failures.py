"""Failure is a path like any other: what fails harms nobody else, and nothing of it stays."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from serving.errors import ModelError
from serving.gateway.app import create_app
from serving.gateway.inference.batches import BatchRequest
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.protocols.uploads import Upload
from serving.gateway.server.application import Application
from serving.gateway.server.bridge import wait_for
from serving.gateway.server.environ import Body
from serving.gateway.server.limits import ServerLimits
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.asking import REQUEST_ID
from tests.unit.gateway.fakes import Call, FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, blank_png, encoded, images, png
from tests.waiting import eventually

OF_A_REQUEST = (Upload, BatchRequest, RequestState, Body)


def photograph() -> bytes:
    """A JPEG of a stroke on grainy paper, larger than what is handled on the loop."""
    pixels = np.random.default_rng(1).integers(215, 256, (400, 400), np.uint8)
    pixels[80:320, 180:220] //= 8
    return encoded(pixels, "JPEG")


def model_error(_call: Call) -> None:
    raise ModelError("The model server failed on this request.")


def bug(_call: Call) -> None:
    raise TypeError("secret internals")


def hang(call: Call) -> asyncio.Future[None]:
    return asyncio.ensure_future(asyncio.sleep(call.context.deadline.remaining() + 0.2))


def gateway(
    predictor: FakePredictor | None = None,
    limits: ServerLimits | None = None,
    **settings: Any,  # noqa: ANN401 - each has its own type
) -> httpx.AsyncClient:
    """A caller of a gateway as its server runs it: in greenlets on an event loop."""
    app = create_app(Settings(**{"models": ("digits",), **settings}), predictor or FakePredictor())
    application = Application(app, limits or ServerLimits())

    async def arrived(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has them
        await application({**scope, "state": {"arrived": time.monotonic()}}, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(arrived), base_url="http://x")


def ask(
    client: httpx.AsyncClient, body: bytes | None = None, kind: str = "image/png", timeout: str = "5"
) -> httpx.Response:
    headers = {"content-type": kind, "x-request-timeout": timeout, "x-request-id": REQUEST_ID}
    return wait_for(client.post(CLASSIFY, content=png() if body is None else body, headers=headers))


@dataclass
class Failure:
    """A request and how it must fail."""

    status: int
    body: bytes = photograph()
    kind: str = "image/jpeg"
    hooks: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    queued: int = 256


DAMAGED = photograph()[:-5000]
SEVERAL = orjson.dumps(images(DAMAGED, blank_png(), b"hello"))
FAILURES = {
    "a damaged picture": Failure(400, DAMAGED),
    "no picture": Failure(415, b"hello" * 10_000),
    "a blank picture": Failure(422, blank_png(), "image/png"),
    "a picture that is too large": Failure(413, settings={"max_image_pixels": 1000}),
    "several pictures that all fail": Failure(422, SEVERAL, "application/json"),
    "damaged JSON": Failure(400, orjson.dumps(images(photograph()))[:-9], "application/json"),
    "a model error": Failure(502, hooks={"before_predict": model_error}),
    "a model that hangs": Failure(504, hooks={"before_predict": hang}),
    "a model that does not describe itself": Failure(502, hooks={"before_describe": model_error}),
    "too many requests": Failure(429, queued=0),
    "a bug of our own": Failure(500, hooks={"before_predict": bug}),
    "a bug on the way to the card": Failure(500, hooks={"before_describe": bug}),
    "a bug for tiny pictures": Failure(500, png(), "image/png", {"before_predict": bug}),
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
    limits = ServerLimits(queued=failure.queued)
    client = gateway(FakePredictor(**failure.hooks), limits, access_log=False, **failure.settings)
    for _ in range(3):
        timeout = "0.5" if hang in failure.hooks.values() else "5"
        answer = ask(client, failure.body, failure.kind, timeout)
        assert answer.status_code == failure.status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    with suppress(AssertionError):  # threads and the hung call end a moment later
        eventually(lambda: left_over(earlier) == [], seconds=5)
    assert left_over(earlier) == []


@pytest.mark.parametrize("place", ["before_describe", "before_predict"])
def test_a_bug_of_our_own_is_500_not_echoed_and_logged_with_its_traceback(
    caplog: pytest.LogCaptureFixture, place: str
) -> None:
    hooks: dict[str, Any] = {place: bug}
    answer = ask(gateway(FakePredictor(**hooks)))
    assert (answer.status_code, answer.json()["code"], "secret" in answer.text) == (500, "internal", False)
    (record,) = [each for each in caplog.records if each.exc_info]
    assert "secret internals" in str(record.exc_info)
    assert vars(record)["request_id"] == REQUEST_ID


def test_more_than_may_be_queued_is_429_and_counted_while_probes_are_answered() -> None:
    client = gateway(limits=ServerLimits(queued=0))
    shed = ask(client)
    assert (shed.status_code, int(shed.headers["retry-after"]) > 0) == (429, True)
    found = wait_for(client.get("/metrics")).text
    assert 'gateway_requests_total{code="429",model="",route="classify"} 1.0' in found


def test_a_bug_in_preparation_is_500_and_never_the_pictures_fault(caplog: pytest.LogCaptureFixture) -> None:
    client = gateway(max_image_pixels="many")  # the bug
    for answer in (ask(client, png()), ask(client, png(200))):
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert [each.exc_info[0] for each in caplog.records if each.exc_info] == [TypeError, TypeError]
