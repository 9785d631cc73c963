"""SIGTERM, as a cluster sends it before it takes a machine away: noted, heeded at the next safe point."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from training.errors import Interrupted


class Preemption:
    """Notes SIGTERM inside its block.

    Attributes:
        asked: whether the signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: signal._HANDLER = None

    def __enter__(self) -> Preemption:
        if threading.current_thread() is threading.main_thread():  # Python takes signals nowhere else
            self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def check(self) -> None:
        """End here if the signal has come.

        Raises:
            Interrupted: if it has.
        """
        if self.asked:
            raise Interrupted("ended after a finished step, as requested; the state is saved")

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's signature
        self.asked = True
