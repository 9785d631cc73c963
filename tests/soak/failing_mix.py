"""Requests of which most fail: what each kind sends, and what is wrong with what comes back."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import NamedTuple

from tests.connections import Answer, ask, connect, get, post
from tests.failures.callers import picture
from tests.faults import known_model
from tests.faults.calls import Answer as Call
from tests.faults.calls import wrong as wrong_classification
from tests.hostile.pictures import drawing, encoded

WELL, FAILING, UNKNOWN = known_model.NAME, "failing", "unknown"
"""Models: one that always answers, one that mostly does not, one that does not exist."""
MOST_BYTES = 1_000_000
DEADLINE_SECONDS = 1.0
TIMEOUT = f"X-Request-Timeout: {DEADLINE_SECONDS}"
READINESS_SECONDS = 1.0
MOST_BEYOND = 1.0

Kind = Callable[[int, random.Random], Awaitable[tuple[int, str]]]
"""Sends one request to a port; the status, 0 where none was awaited, and what was wrong with the answer."""


class Timed(NamedTuple):
    """An answer, with status 0 where there was none, and the seconds until it had come."""

    answer: Answer
    seconds: float


async def timed(port: int, sent: bytes) -> Timed:
    """Send a request, and time its answer."""
    began = time.monotonic()
    answer = await asyncio.to_thread(_exchange, port, sent)
    return Timed(answer, time.monotonic() - began)


def _exchange(port: int, sent: bytes) -> Answer:
    with connect(port) as client:
        try:
            return ask(client, sent)
        except (ConnectionError, AssertionError):
            return Answer(0, b"", b"", b"")


async def well(port: int, chance: random.Random) -> tuple[int, str]:
    """A picture to the model that answers."""
    number = chance.randrange(40)
    return _right(await timed(port, _classify(number, WELL)), number, {200})


async def failing(port: int, chance: random.Random) -> tuple[int, str]:
    """A picture to the model that hangs or is away at times."""
    number = chance.randrange(40)
    return _right(await timed(port, _classify(number, FAILING)), number, {200, 503, 504})


async def unknown(port: int, chance: random.Random) -> tuple[int, str]:
    """A picture to a model that does not exist."""
    return _refused(await timed(port, _classify(chance.randrange(40), UNKNOWN)), 404, "not_found")


async def damaged(port: int, chance: random.Random) -> tuple[int, str]:
    """A picture that is cut off."""
    whole = _photograph()
    body = whole[: chance.randrange(len(whole) // 4, len(whole) // 2)]
    return _refused(await timed(port, _send(body, WELL)), 400, "unreadable_image")


async def malformed(port: int, _chance: random.Random) -> tuple[int, str]:
    """A request that is framed twice."""
    sent = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12"
    return _refused(await timed(port, sent), 400, "malformed_request")


async def oversized(port: int, _chance: random.Random) -> tuple[int, str]:
    """A body beyond the limit."""
    return _refused(await timed(port, _send(bytes(MOST_BYTES + 1), WELL)), 413, "too_large")


async def left_within_upload(port: int, chance: random.Random) -> tuple[int, str]:
    """Half a picture, then no client."""
    whole = _send(_photograph(), WELL)
    return await _leave(port, whole[: chance.randrange(len(whole))])


async def left_before_answer(port: int, chance: random.Random) -> tuple[int, str]:
    """A whole request, then no client."""
    return await _leave(port, _classify(chance.randrange(40), FAILING))


async def probe(port: int, chance: random.Random) -> tuple[int, str]:
    """What is asked of the gateway itself."""
    path = chance.choice(("/healthz", "/readyz", "/metrics"))
    answer, seconds = await timed(port, get(path))
    late = _late(answer, seconds, READINESS_SECONDS if path == "/readyz" else 0.0)
    return answer.status, late or ("" if answer.status == 200 else f"{path}: {answer.body[:200]!r}")


KINDS: tuple[Kind, ...] = (
    well, failing, unknown, damaged, malformed, oversized, left_within_upload, left_before_answer, probe,
)  # fmt: skip


@cache
def _photograph() -> bytes:
    return encoded(drawing("RGB", 1_500, 1_500), "JPEG", quality=95)


def _send(body: bytes, model: str) -> bytes:
    return picture(body, TIMEOUT, model=model)


def _classify(number: int, model: str) -> bytes:
    sent = known_model.picture(number)
    path = f"/v1/models/{model}:classify?include=probabilities&top_k=1"
    return post(path, sent, "Content-Type: image/png", TIMEOUT)


def _right(timed: Timed, number: int, statuses: set[int]) -> tuple[int, str]:
    answer, seconds = timed
    if answer.status not in statuses:
        return answer.status, f"{answer.status} {answer.body[:200]!r}"
    if answer.status == 200:
        call = Call(0.0, seconds, 200, "application/json", json.loads(answer.body))
        return 200, wrong_classification(call, number) or _late(answer, seconds, DEADLINE_SECONDS)
    if answer.status == 503 and "retry-after" not in answer.headers:
        return 503, "503 without Retry-After"
    return _refused(timed, answer.status, answer.problem()["code"])


def _refused(timed: Timed, status: int, code: str) -> tuple[int, str]:
    answer, seconds = timed
    if answer.status != status or answer.problem()["code"] != code:
        return answer.status, f"{answer.status} {answer.body[:200]!r} instead of {status} {code}"
    return status, _late(answer, seconds, DEADLINE_SECONDS)


def _late(answer: Answer, seconds: float, limit: float) -> str:
    return "" if seconds < limit + MOST_BEYOND else f"{answer.status} after {seconds:.2f} s"


async def _leave(port: int, sent: bytes) -> tuple[int, str]:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await asyncio.sleep(0.05)
    writer.transport.abort()
    return 0, ""
