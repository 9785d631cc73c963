"""Clients that leave before they have sent everything or read anything: nothing of theirs is kept."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable

import pytest

from tests.failures.callers import ask, picture
from tests.failures.observed import complaints, metric, threads
from tests.faults import faults, known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

LEAVING = 40
LARGE = bytes(3_000_000)
LARGE_UPLOAD = picture(LARGE, known_model.NAME)
CALL = picture(known_model.picture(1), known_model.NAME)
CLOSING = 4
"""Connections of earlier requests that may be open still."""
MOST_GROWTH_MB = 110.0
"""Of 720 MB sent: bodies take up to 64 MB of memory while they arrive, and the allocator keeps some of it."""


def _close(client: socket.socket) -> None:
    client.close()


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _leave(gateway: Gateway, sent: bytes, leave: Callable[[socket.socket], None]) -> None:
    before = gateway.descriptors()
    clients = [gateway.connect() for _ in range(LEAVING)]
    for client in clients:
        client.sendall(sent)
    eventually(lambda: gateway.descriptors() >= before + LEAVING - CLOSING, "all are connected")
    for client in clients:
        leave(client)


def _answers(gateway: Gateway) -> bool:
    return asyncio.run(ask(gateway.port, CALL)).status == 200


leaves = pytest.mark.parametrize("leave", [_close, _reset])


@leaves
def test_nothing_is_kept_of_uploads_that_are_broken_off(
    gateway: Gateway, leave: Callable[[socket.socket], None]
) -> None:
    assert _answers(gateway)
    held, before = gateway.descriptors(), gateway.memory_mb()

    def break_off() -> float:
        _leave(gateway, LARGE_UPLOAD[:-1], leave)
        eventually(lambda: gateway.descriptors() <= held + 2, "nothing is open")
        return gateway.memory_mb()

    memory = [break_off() for _ in range(6)]
    assert memory[-1] - before < MOST_GROWTH_MB
    assert _answers(gateway)
    assert complaints(gateway) == []


@leaves
def test_nothing_is_kept_of_calls_whose_answer_nobody_awaits(
    stand_in: StandIn, gateway: Gateway, leave: Callable[[socket.socket], None]
) -> None:
    assert _answers(gateway)
    held, running = gateway.descriptors(), threads(gateway)
    ended = threading.Event()
    stand_in.by_model[known_model.NAME] = faults.silence(ended)
    _leave(gateway, CALL, leave)
    eventually(lambda: metric(gateway, "gateway_inflight")[()] > LEAVING / 2, "they are under way")
    ended.set()
    stand_in.heal()
    eventually(lambda: metric(gateway, "gateway_inflight")[()] == 1, "only the scrape is under way")
    eventually(lambda: gateway.descriptors() <= held + 2, "nothing is open")
    assert threads(gateway) <= running + 4  # the pool that decodes
    assert _answers(gateway)
    assert complaints(gateway) == []
