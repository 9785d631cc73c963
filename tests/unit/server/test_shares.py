"""Workers share connections evenly, and have a processor each where there is one for each."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from functools import partial

import pytest

from serving.gateway.server.listener import waiting_at
from serving.gateway.server.shares import CLOSED, Share, Shares, processor


def pair(*counts: int) -> list[Share]:
    """Two workers with so many connections, and room for a third that is not there."""
    shares = Shares(3)
    taken = [share for share in (shares.take(), shares.take()) if share is not None]
    for share, count in zip(taken, counts, strict=False):
        share.note(count)
    return taken


@pytest.mark.parametrize(("counts", "ahead"), [((3, 2), [True, False]), ((5, 5), [False, False])])
def test_a_worker_with_more_connections_than_another_leaves_the_next_to_it(
    counts: tuple[int, int], ahead: list[bool]
) -> None:
    assert [share.is_ahead() for share in pair(*counts)] == ahead


@pytest.mark.parametrize("end", [Share.leave, partial(Share.note, count=CLOSED)], ids=["ended", "closed"])
def test_a_worker_that_takes_no_more_holds_nobody_back(end: Callable[[Share], None]) -> None:
    one, other = pair(3, 0)
    end(other)
    assert not one.is_ahead()


def test_a_worker_that_is_ahead_pauses_after_accepting_and_one_that_is_not_goes_on() -> None:
    one, other = pair()
    one.accepted(3)
    assert not one.accepts()
    other.accepted(1)
    assert other.accepts()


@pytest.mark.parametrize("crowd", [2, 128])
def test_a_crowd_that_waits_is_divided_at_once(crowd: int) -> None:
    accepted = 0
    for share in pair():
        mine = 0
        while share.accepts(waiting=crowd - accepted) and accepted < crowd:
            mine, accepted = mine + 1, accepted + 1
            share.accepted(mine)
        assert mine == crowd // 2


def test_the_length_of_the_queue_is_known_on_linux_and_only_for_tcp() -> None:
    with socket.socket(socket.AF_UNIX) as other, socket.create_server(("127.0.0.1", 0)) as listening:
        assert waiting_at(other) == waiting_at(listening) == 0
        address = listening.getsockname()
        with socket.create_connection(address), socket.create_connection(address):
            assert waiting_at(listening) == (2 if sys.platform == "linux" else 0)


def test_a_worker_with_twice_as_many_connections_closes_one_at_a_time_after_an_answer() -> None:
    one, other = pair(16, 10)
    assert not one.closes_one()
    one.note(40)
    assert [one.closes_one(), one.closes_one(), other.closes_one()] == [True, False, False]


def test_the_place_of_a_worker_that_ended_is_the_next_ones() -> None:
    shares = Shares(2)
    first, second, third = shares.take(), shares.take(), shares.take()
    assert (first and first.place, second and second.place, third) == (0, 1, None)
    assert first is not None
    first.leave()
    assert (again := shares.take()) is not None
    assert again.place == 0


@pytest.mark.parametrize(
    ("allowed", "place", "own"),
    [({2, 5}, 0, 2), ({2, 5}, 1, 5), (set(range(8)), 0, None), ({0}, 0, None), ({0, 1}, 2, None)],
    ids=["first", "second", "others may use some", "too few", "while workers are replaced"],
)
def test_only_as_many_workers_as_processors_have_one_each(
    allowed: set[int], place: int, own: int | None
) -> None:
    assert processor(allowed, workers=2, place=place) == own
