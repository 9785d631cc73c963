"""Fibers: they take turns in one thread, wait without holding it up, and lose no wake-up."""

from __future__ import annotations

import math
import threading

import pytest

from serving.gateway import fibers
from tests.unit.gateway.fiber_loop import Loop


@pytest.fixture
def loop() -> Loop:
    return Loop()


def test_a_fiber_that_waits_lets_the_next_begin(loop: Loop) -> None:
    happened = []
    place: list[fibers.Parking] = []

    def first() -> None:
        place.append(fibers.parking())
        happened.append("first waits")
        happened.append(str(place[0].wait(5)))

    loop.hub.start(first)
    loop.hub.start(lambda: happened.append("second"))
    assert happened == ["first waits", "second"]
    place[0].set()
    loop.until(lambda: len(happened) == 3)
    assert happened[-1] == "True"


def test_a_wait_ends_when_its_time_is_up(loop: Loop) -> None:
    came: list[bool] = []
    loop.hub.start(lambda: came.append(fibers.parking().wait(0.02)))
    assert came == []
    assert loop.hub.patience(10) <= 0.02
    loop.until(lambda: came)
    assert came == [False]


def test_what_was_set_before_is_not_waited_for(loop: Loop) -> None:
    came: list[bool] = []

    def run() -> None:
        place = fibers.parking()
        place.set()
        came.append(place.wait(5))
        came.append(place.wait(0.0))

    loop.hub.start(run)
    assert came == [True, False]


def test_a_set_that_came_in_time_does_not_end_the_next_wait(loop: Loop) -> None:
    came: list[bool] = []

    def run() -> None:
        place = fibers.parking()
        threading.Timer(0.01, place.set).start()
        came.append(place.wait(5))
        came.append(place.wait(0.05))

    loop.hub.start(run)
    loop.until(lambda: len(came) == 2)
    assert came == [True, False]


def test_no_wake_up_from_another_thread_is_lost(loop: Loop) -> None:
    rounds = 2000
    done: list[int] = []

    def run() -> None:
        for number in range(rounds):
            place = fibers.parking()
            loop.jobs.put(place.set)
            assert place.wait(5)
            done.append(number)

    loop.hub.start(run)
    loop.until(lambda: len(done) == rounds, seconds=60)


def test_what_blocks_is_done_in_another_thread_and_its_result_comes_back(loop: Loop) -> None:
    results: list[object] = []

    def run() -> None:
        results.append(fibers.blocking(5, lambda value: (value, threading.current_thread().name), 7))
        results.append(fibers.computing(5, threading.current_thread).name)

    loop.hub.start(run)
    loop.until(lambda: len(results) == 2)
    assert results == [(7, "elsewhere"), "elsewhere"]


def test_an_error_of_what_blocks_is_raised_in_the_fiber(loop: Loop) -> None:
    caught: list[str] = []

    def fail() -> None:
        raise KeyError("gone")

    def run() -> None:
        try:
            fibers.blocking(5, fail)
        except KeyError as error:
            caught.append(error.args[0])

    loop.hub.start(run)
    loop.until(lambda: caught)
    assert caught == ["gone"]


def test_what_is_to_be_soon_comes_once_and_after_all_that_is_ready(loop: Loop) -> None:
    happened: list[str] = []

    def job() -> None:
        happened.append("soon")

    def run(name: str) -> None:
        fibers.soon(job)
        happened.append(name)

    for name in ("first", "second", "third"):
        loop.hub.start(lambda name=name: run(name))  # type: ignore[misc]
    loop.hub.run()
    assert happened == ["first", "second", "third", "soon"]


def test_the_loop_does_not_sleep_while_something_is_to_be_soon(loop: Loop) -> None:
    loop.hub.start(lambda: fibers.soon(lambda: None))
    assert loop.hub.patience(10) == 0.0
    loop.hub.run()
    assert loop.hub.patience(10) == 10


def test_what_no_thread_took_in_time_is_given_up_and_never_done(loop: Loop) -> None:
    happened: list[str] = []
    held = threading.Event()

    def run() -> None:
        try:
            fibers.blocking(0.02, lambda: happened.append("done"))
        except TimeoutError:
            happened.append("given up")

    def hold() -> None:
        held.wait(5)

    loop.jobs.put(hold)
    loop.hub.start(run)
    loop.until(lambda: happened)
    held.set()
    loop.jobs.put(None)
    loop.helper.join(5)
    assert happened == ["given up"]


def test_outside_of_fibers_all_of_it_happens_on_the_spot() -> None:
    happened: list[str] = []
    fibers.soon(lambda: happened.append("soon"))
    place = fibers.parking()
    assert not fibers.inside()
    assert not place.wait(0.0)
    place.set()
    assert place.wait(math.inf)
    assert fibers.blocking(0, threading.current_thread) is threading.current_thread()
    assert fibers.computing(0, threading.current_thread) is threading.current_thread()
    assert happened == ["soon"]
