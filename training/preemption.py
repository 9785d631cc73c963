"""SIGTERM, which a cluster sends before it takes a machine away: noted, and obeyed at the next safe point."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from training.errors import Interrupted


class Preemption:
    """A context manager that notes SIGTERM instead of ending the process.

    Outside the main thread it does nothing, because Python handles signals only there.

    Attributes:
        asked: whether SIGTERM has arrived.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: signal._HANDLER = None

    def __enter__(self) -> Preemption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def check(self) -> None:
        """End the job if SIGTERM has arrived.

        Raises:
            Interrupted: if it has.
        """
        if self.asked:
            raise Interrupted("ended by SIGTERM after a finished step; the state is saved")

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's signature
        self.asked = True
