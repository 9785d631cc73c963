"""Clients that leave before they have sent everything or read anything: nothing of theirs is kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from tests.connections import reset
from tests.failures.callers import CALL, picture
from tests.failures.observed import complaints, metric, threads
from tests.faults import faults, known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("failures")

LEAVING = 40
BROKEN_OFF = picture(bytes(3_000_000))[:-1]
CLOSING = 4
"""Connections of earlier requests that may be open still."""
MOST_GROWTH_MB = 110.0
"""Of 720 MB sent: bodies take up to 64 MB of memory while they arrive, and the allocator keeps some of it."""


leaves = pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closed", "reset"])
Leave = Callable[[socket.socket], None]


def send_and_leave(gateway: Gateway, sent: bytes, leave: Leave) -> None:
    """Many clients that send the same and leave once all are connected."""
    before = gateway.descriptors()
    with gateway.crowd([sent] * LEAVING) as clients:
        eventually(lambda: gateway.descriptors() >= before + LEAVING - CLOSING, "all are connected")
        for client in clients:
            leave(client)


@leaves
def test_nothing_is_kept_of_uploads_that_are_broken_off(gateway: Gateway, leave: Leave) -> None:
    assert gateway.say(CALL).status == 200
    held, before = gateway.descriptors(), gateway.memory_mb()

    def break_off() -> float:
        send_and_leave(gateway, BROKEN_OFF, leave)
        eventually(lambda: gateway.descriptors() <= held + 2, "nothing is open")
        return gateway.memory_mb()

    memory = [break_off() for _ in range(6)]
    assert memory[-1] - before < MOST_GROWTH_MB
    assert gateway.say(CALL).status == 200
    assert complaints(gateway) == []


@leaves
def test_nothing_is_kept_of_calls_whose_answer_nobody_awaits(
    stand_in: StandIn, gateway: Gateway, leave: Leave
) -> None:
    assert gateway.say(CALL).status == 200
    held, running = gateway.descriptors(), threads(gateway)
    ended = threading.Event()
    stand_in.by_model[known_model.NAME] = faults.silence(ended)
    send_and_leave(gateway, CALL, leave)
    eventually(lambda: metric(gateway, "gateway_inflight")[()] > LEAVING / 2, "they are under way")
    ended.set()
    stand_in.heal()
    eventually(lambda: metric(gateway, "gateway_inflight")[()] == 1, "only the scrape is under way")
    eventually(lambda: gateway.descriptors() <= held + 2, "nothing is open")
    assert threads(gateway) <= running + 4  # the pool that decodes
    assert gateway.say(CALL).status == 200
    assert complaints(gateway) == []
