"""Ctrl-C, held back while something is written that must be written as a whole."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Within it, Ctrl-C raises ``KeyboardInterrupt`` as ever, but after what is ``held`` instead of in it.

    A second Ctrl-C does not wait: what is held may hang. Where Ctrl-C is ignored (as for a job in the
    background of a script), it stays ignored.
    """

    def __init__(self) -> None:
        self._before: Any = signal.SIG_IGN
        self._held = False
        self._waiting = False

    def __enter__(self) -> Interrupts:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is within come to its end first."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._waiting:
            raise KeyboardInterrupt

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if not self._held or self._waiting:
            raise KeyboardInterrupt
        self._waiting = True
