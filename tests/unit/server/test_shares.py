"""Workers share connections evenly, and have a processor each where there is one for each."""

from __future__ import annotations

import socket
import sys

from serving.gateway.server import processors
from serving.gateway.server.listener import waiting_at
from serving.gateway.server.shares import Share, Shares


def taken(shares: Shares) -> Share:
    share = shares.take()
    assert share is not None
    return share


def test_a_worker_with_more_connections_than_another_leaves_the_next_to_it() -> None:
    shares = Shares(4)
    one, other = taken(shares), taken(shares)
    one.note(3)
    other.note(2)
    assert shares.is_ahead(one.place)
    assert not shares.is_ahead(other.place)


def test_a_worker_that_is_ahead_pauses_after_accepting_and_one_that_is_not_goes_on() -> None:
    shares = Shares(2)
    one, other = taken(shares), taken(shares)
    one.accepted(3)
    assert not one.accepts()
    other.accepted(1)
    assert other.accepts()


def test_a_crowd_that_waits_is_divided_at_once() -> None:
    shares = Shares(2)
    one, other = taken(shares), taken(shares)
    accepted = 0
    while one.accepts(waiting=128 - accepted):
        accepted += 1
        one.accepted(accepted)
    assert accepted == 64
    other.note(0)
    while other.accepts(waiting=128 - accepted) and accepted < 128:
        accepted += 1
        other.accepted(accepted - 64)
    assert accepted == 128


def test_of_two_that_wait_each_worker_takes_one() -> None:
    shares = Shares(2)
    one = taken(shares)
    taken(shares)
    one.accepted(1)
    assert not one.accepts(waiting=1)


def test_the_length_of_the_queue_is_known_on_linux() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert waiting_at(listening) == 0
        with (
            socket.create_connection(listening.getsockname()),
            socket.create_connection(listening.getsockname()),
        ):
            assert waiting_at(listening) == (2 if sys.platform == "linux" else 0)


def test_the_queue_of_another_kind_of_socket_is_unknown() -> None:
    with socket.socket(socket.AF_UNIX) as other:
        assert waiting_at(other) == 0


def test_a_worker_with_twice_as_many_connections_closes_one_at_a_time_after_an_answer() -> None:
    shares = Shares(2)
    one, other = taken(shares), taken(shares)
    other.note(10)
    one.note(16)
    assert not one.closes_one()
    one.note(40)
    assert one.closes_one()
    assert not one.closes_one()
    assert not other.closes_one()


def test_workers_with_as_many_all_take_connections() -> None:
    shares = Shares(4)
    workers = [taken(shares), taken(shares)]
    for worker in workers:
        worker.note(5)
    assert not any(shares.is_ahead(worker.place) for worker in workers)


def test_a_worker_that_takes_no_more_holds_nobody_back() -> None:
    shares = Shares(4)
    one, other = taken(shares), taken(shares)
    one.note(3)
    other.leave()
    assert not shares.is_ahead(one.place)


def test_the_place_of_a_worker_that_ended_is_the_next_ones() -> None:
    shares = Shares(2)
    first, second = taken(shares), taken(shares)
    assert [first.place, second.place] == [0, 1]
    assert shares.take() is None
    first.leave()
    assert taken(shares).place == 0


def test_as_many_workers_as_processors_have_one_each() -> None:
    chosen = [processors.choose(frozenset({2, 5}), workers=2, place=place) for place in range(2)]
    assert chosen == [2, 5]


def test_a_worker_roams_where_others_may_have_a_claim_on_its_processor() -> None:
    assert processors.choose(frozenset(range(8)), workers=2, place=0) is None
    assert processors.choose(frozenset({0}), workers=2, place=0) is None


def test_a_worker_beyond_the_usual_number_roams_while_others_are_replaced() -> None:
    assert processors.choose(frozenset({0, 1}), workers=2, place=2) is None
