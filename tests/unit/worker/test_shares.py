"""Workers share connections evenly, and have a processor each where there is one for each."""

from __future__ import annotations

from serving.gateway.worker import placement
from serving.gateway.worker.shares import Share, Shares


def taken(shares: Shares) -> Share:
    share = shares.take()
    assert share is not None
    return share


def test_a_worker_with_more_connections_than_another_leaves_the_next_to_it() -> None:
    shares = Shares(4)
    one, other = taken(shares), taken(shares)
    one.note(3)
    other.note(2)
    assert one.is_large
    assert not other.is_large


def test_workers_with_as_many_all_take_connections() -> None:
    shares = Shares(4)
    workers = [taken(shares), taken(shares)]
    for worker in workers:
        worker.note(5)
    assert not any(worker.is_large for worker in workers)


def test_a_worker_that_takes_no_more_holds_nobody_back() -> None:
    shares = Shares(4)
    one, other = taken(shares), taken(shares)
    one.note(3)
    other.leave()
    assert not one.is_large


def test_the_place_of_a_worker_that_ended_is_the_next_ones() -> None:
    shares = Shares(2)
    first, second = taken(shares), taken(shares)
    assert [first.place, second.place] == [0, 1]
    assert shares.take() is None
    first.leave()
    assert taken(shares).place == 0


def test_as_many_workers_as_processors_have_one_each() -> None:
    chosen = [placement.choose(frozenset({2, 5}), workers=2, place=place) for place in range(2)]
    assert chosen == [2, 5]


def test_a_worker_roams_where_others_may_have_a_claim_on_its_processor() -> None:
    assert placement.choose(frozenset(range(8)), workers=2, place=0) is None
    assert placement.choose(frozenset({0}), workers=2, place=0) is None


def test_a_worker_beyond_the_usual_number_roams_while_others_are_replaced() -> None:
    assert placement.choose(frozenset({0, 1}), workers=2, place=2) is None
