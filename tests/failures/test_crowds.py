"""Connections that take up room without being answered: others are served beside them, by as many threads."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.failures.callers import ask, picture
from tests.failures.observed import complaints, counted, threads
from tests.faults import known_model
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

HEAD = b"POST /v1/models/known:classify HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
MOST_BYTES = 1_000_000
MOST_GROWTH_MB = 40.0
OTHERS = 100
TIMES = 30


@contextmanager
def crowd(gateway: Gateway, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have all sent the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 500)), hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = [stack.enter_context(gateway.connect()) for _ in range(count)]
        for client in clients:
            client.sendall(first)
        yield clients


async def _others(gateway: Gateway) -> set[int]:
    sent = picture(known_model.picture(1), known_model.NAME)
    return {(await ask(gateway.port, sent)).status for _ in range(OTHERS)}


@pytest.mark.parametrize(
    ("count", "first"),
    [
        (1_000, b""),
        (200, HEAD[:-9]),
        (200, HEAD + b"Content-Length: 20000\r\n\r\n" + bytes(10_000)),
        (200, HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ],
    ids=["idle", "half a head", "half a body", "half a chunk"],
)
def test_others_are_served_beside_a_crowd_by_as_many_threads_as_before(
    gateway: Gateway, count: int, first: bytes
) -> None:
    assert asyncio.run(_others(gateway)) == {200}
    before = threads(gateway)
    with crowd(gateway, count, first):
        eventually(lambda: gateway.descriptors() > count, "all are connected")
        assert asyncio.run(_others(gateway)) == {200}
        assert gateway.descriptors() > count, "they are still there"
        assert threads(gateway) <= before


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BODIES: dict[str, tuple[bytes, bytes, int]] = {
    "longer than it may be": (HEAD + b"Content-Length: 500000000\r\n\r\n", CHUNK, 413),
    "endless chunks": (CHUNKED, CHUNK, 413),
    "endless chunks of a byte": (CHUNKED, b"1\r\nx\r\n" * 10_000, 400),
    "endless trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000, 431),
}


def _send(gateway: Gateway, head: bytes, piece: bytes) -> None:
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
    assert asyncio.run(_others(gateway)) == {200}
    _send(gateway, head, piece)
    held, memory = gateway.descriptors(), gateway.memory_mb()
    for _ in range(TIMES):
        _send(gateway, head, piece)
    eventually(lambda: gateway.descriptors() <= held, "nothing is open")
    assert gateway.memory_mb() - memory < MOST_GROWTH_MB
    refused = {status: count for status, count in counted(gateway).items() if status != 200}
    assert refused == {status: TIMES + 1}
    assert asyncio.run(_others(gateway)) == {200}
    assert complaints(gateway) == []
