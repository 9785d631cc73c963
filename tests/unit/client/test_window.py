"""Work spread over threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from client.window import Window


def test_results_keep_the_order_of_the_pieces() -> None:
    def work(piece: int) -> int:
        time.sleep(0.01 * (piece % 3))
        return piece

    assert list(Window(work, 4).run(range(40))) == list(range(40))


def test_never_more_at_once_than_threads_nor_waiting_than_twice_as_many() -> None:
    lock, running, most, taken, given = threading.Lock(), 0, 0, 0, 0

    def pieces() -> Iterator[int]:
        nonlocal taken
        for piece in range(50):
            taken += 1
            assert taken - given <= 2 * 3 + 1
            yield piece

    def work(piece: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return piece

    for _ in Window(work, 3).run(pieces()):
        given += 1
    assert (most, given) == (3, 50)


def test_the_first_error_is_raised_after_the_results_before_it() -> None:
    def work(piece: int) -> int:
        if piece == 5:
            raise ValueError("five")
        return piece

    results = Window(work, 2).run(range(100))
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(results)


def test_an_error_of_the_pieces_themselves_is_raised() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    window: Window[int, int] = Window(abs, 2)
    with pytest.raises(OSError, match="no more"):
        list(window.run(pieces()))


def test_leaving_early_waits_for_what_has_begun_and_drops_the_rest() -> None:
    begun, ended = threading.Event(), []

    def work(piece: int) -> int:
        if piece == 0:
            begun.wait(10)
            return piece
        begun.set()
        time.sleep(0.1)
        ended.append(piece)
        return piece

    results = Window(work, 2).run(range(100))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert 1 <= len(ended) <= 4
    assert not [thread for thread in threading.enumerate() if "_serve" in thread.name]
