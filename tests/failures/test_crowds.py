"""Connections that take up room without being answered: others are served beside them, by as many threads."""

from __future__ import annotations

from contextlib import suppress

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


BODIES: dict[str, tuple[bytes, bytes, int]] = {
    "longer than it may be": (HEAD + b"Content-Length: 500000000\r\n\r\n", CHUNK, 413),
    "endless chunks": (CHUNKED, CHUNK, 413),
    "endless chunks of a byte": (CHUNKED, b"1\r\nx\r\n" * 10_000, 400),
    "endless trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000, 431),
}


def send(gateway: Gateway, head: bytes, piece: bytes) -> None:
    """Send pieces until the gateway closes the connection."""
    with gateway.connect() as client, suppress(ConnectionError):
        client.sendall(head)
        while True:
            client.sendall(piece)


@pytest.mark.parametrize("gateway", [{"GATEWAY_MAX_REQUEST_BYTES": str(MOST_BYTES)}], indirect=True)
@pytest.mark.parametrize(("head", "piece", "status"), BODIES.values(), ids=BODIES)
def test_bodies_beyond_the_limit_are_cut_off_and_not_kept(
    gateway: Gateway, head: bytes, piece: bytes, status: int
) -> None:
    assert others(gateway) == {200}
    send(gateway, head, piece)
    held, memory = gateway.descriptors(), gateway.memory_mb()
    for _ in range(TIMES):
        send(gateway, head, piece)
    eventually(lambda: gateway.descriptors() <= held, "nothing is open")
    assert gateway.memory_mb() - memory < MOST_GROWTH_MB
    refused = {status: count for status, count in counted(gateway).items() if status != 200}
    assert refused == {status: TIMES + 1}
    assert others(gateway) == {200}
    assert complaints(gateway) == []
