"""The registry: in which order and how many at once of those that are ready are dealt with."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from selectors import EVENT_READ
from typing import Any, cast

import pytest

from serving.gateway.worker.connections import Connection, Unsent
from serving.gateway.worker.registry import AT_ONCE, Registry


class Crowd:
    """A registry and its connections, to each of which something has been sent."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.dealt_with: list[Connection] = []
        self.registry = Registry(self._deal_with)

    def _deal_with(self, connection: Connection) -> None:
        connection.sock.recv(1)
        self.dealt_with.append(connection)

    def readable(self) -> socket.socket:
        """A socket with one byte to read."""
        here, there = (self._stack.enter_context(end) for end in socket.socketpair())
        there.sendall(b"x")
        return here

    def add(self, count: int) -> None:
        """Add connections that are ready."""
        for _ in range(count):
            connection = Connection(self.readable(), "", "", cast(Any, None), Unsent(0))
            self.registry.add(connection)
            self.registry.watch(connection, EVENT_READ)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(stack)


def test_all_are_dealt_with_at_once_when_they_are_few(crowd: Crowd) -> None:
    crowd.add(AT_ONCE)
    events, too_many = crowd.registry.wait(0, room=0)
    assert (len(events), too_many) == (AT_ONCE, [])


def test_what_is_no_connection_comes_first_of_many(crowd: Crowd) -> None:
    crowd.add(2 * AT_ONCE)
    called: list[str] = []
    crowd.registry.watch_for(crowd.readable(), lambda: called.append("a new connection"))
    events, _ = crowd.registry.wait(0, room=1000)
    events[0]()
    assert called == ["a new connection"]
    assert len(events) == AT_ONCE


def test_those_that_may_wait_come_with_the_next_call(crowd: Crowd) -> None:
    crowd.add(AT_ONCE + 10)
    sizes = []
    for _ in range(2):
        events, too_many = crowd.registry.wait(0, room=10)
        assert too_many == []
        sizes.append(len(events))
        for event in events:
            event()
    assert sizes == [AT_ONCE, 10]
    assert set(crowd.dealt_with) == set(crowd.registry)


def test_those_for_whom_there_is_no_room_are_too_many(crowd: Crowd) -> None:
    crowd.add(AT_ONCE + 10)
    events, too_many = crowd.registry.wait(0, room=3)
    assert (len(events), len(too_many)) == (AT_ONCE, 7)
    for event in too_many:
        event()
    assert len(crowd.dealt_with) == 7
