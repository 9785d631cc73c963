"""Connections that take up room without being answered: others are served beside them, by as many threads."""

from __future__ import annotations

from contextlib import suppress
from itertools import repeat

import pytest

from tests.connections import get
from tests.failures.callers import CALL, CHUNKED, HEAD
from tests.failures.observed import complaints, counted, threads
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
MOST_BYTES = 1_000_000
MOST_GROWTH_MB = 40.0
OTHERS = 100
TIMES = 30


def others(gateway: Gateway) -> set[int]:
    """The statuses of many calls, one after the other."""
    return {gateway.say(CALL).status for _ in range(OTHERS)}


@pytest.mark.parametrize(
    ("count", "first"),
    [
        (1_000, b""),
        (200, HEAD[:-9]),
        (200, HEAD + b"Content-Length: 1000000\r\n\r\n" + bytes(20_000)),
        (200, CHUNKED + b"5\r\nab"),
        (100, get("/v1/models") * 20),
    ],
    ids=["idle", "half a head", "half a body", "half a chunk", "answers not read"],
)
def test_others_are_served_beside_a_crowd_by_as_many_threads_as_before(
    gateway: Gateway, count: int, first: bytes
) -> None:
    assert others(gateway) == {200}
    before = threads(gateway)
    with gateway.crowd([first] * count):
        eventually(lambda: gateway.descriptors() > count, "all are connected")
        assert others(gateway) == {200}
        assert gateway.descriptors() > count, "they are still there"
        assert threads(gateway) <= before


def send(gateway: Gateway, first: bytes, piece: bytes, count: int | None) -> None:
    """Send the same again and again, until it was so often or the connection ends."""
    with gateway.connect() as client, suppress(ConnectionError):
        client.sendall(first)
        for each in repeat(piece) if count is None else repeat(piece, count):
            client.sendall(each)


@pytest.mark.parametrize("gateway", [{"GATEWAY_MAX_REQUEST_BYTES": str(MOST_BYTES)}], indirect=True)
@pytest.mark.parametrize(
    ("first", "piece", "count", "status"),
    [
        (HEAD + b"Content-Length: 500000000\r\n\r\n", CHUNK, 50, 413),
        (CHUNKED, CHUNK, None, 413),
        (CHUNKED, b"1\r\nx\r\n" * 10_000, None, 400),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000, None, 431),
    ],
    ids=["stated length", "endless chunks", "endless chunks of a byte", "endless trailers"],
)
def test_bodies_beyond_the_limit_are_cut_off_and_not_kept(
    gateway: Gateway, first: bytes, piece: bytes, count: int | None, status: int
) -> None:
    assert others(gateway) == {200}
    send(gateway, first, piece, count)
    held, memory = gateway.descriptors(), gateway.memory_mb()
    for _ in range(TIMES):
        send(gateway, first, piece, count)
    eventually(lambda: gateway.descriptors() <= held, "nothing is open")
    assert gateway.memory_mb() - memory < MOST_GROWTH_MB
    refused = {status: count for status, count in counted(gateway).items() if status != 200}
    assert refused == {status: TIMES + 1}
    assert others(gateway) == {200}
    assert complaints(gateway) == []
