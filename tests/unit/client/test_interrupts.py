"""Ctrl-C in the middle of what must be written as a whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from client.command.terminal import Interrupts


@pytest.fixture(autouse=True)
def _default_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _interrupted(times: int, written: list[str] | None) -> None:
    """Press Ctrl-C so often while something is held; a TypeError when there is nothing to write to."""
    with Interrupts() as interrupts, interrupts.held():
        for _ in range(times):
            _ctrl_c()
        if written is None:
            raise TypeError
        written.append("all")


def test_what_is_held_comes_to_its_end() -> None:
    written: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(1, written)
    assert written == ["all"]


def test_a_second_ctrl_c_does_not_wait() -> None:
    written: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(2, written)
    assert written == []


def test_outside_what_is_held_it_comes_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), Interrupts():
        _ctrl_c()


def test_an_error_in_what_is_held_is_that_error() -> None:
    with pytest.raises(TypeError):
        _interrupted(1, None)


def test_where_it_is_ignored_it_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interrupts() as interrupts, interrupts.held():
        _ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_the_handler_of_before_comes_back() -> None:
    with Interrupts():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
