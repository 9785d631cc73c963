"""A progress bar on the terminal, once the work turns out to be long."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

APPEARS_AFTER_SECONDS = 1.0


class ProgressBar:
    """Counts results and writes them; shows a bar below them where somebody watches.

    Rich is imported when the bar appears: short work does not wait for it.

    Args:
        count: gives how many results there will be, or None where nobody knows.
        watched: whether standard error is a terminal.
    """

    def __init__(self, count: Callable[[], int | None], watched: bool) -> None:
        self._count = count
        self._watched = watched
        self._done = 0
        self._begin = monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def write(self, text: str) -> None:
        """Write to standard output, above the bar where both are on the terminal.

        Raises:
            BrokenPipeError: the reader has gone.
        """
        if self._bar is not None and sys.stdout.isatty():
            from rich.text import Text

            self._bar.console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=True)
        elif text:
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)
        elif self._watched and monotonic() - self._begin > APPEARS_AFTER_SECONDS:
            self._appear()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        console = Console(stderr=not sys.stdout.isatty())
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._bar.add_task("", total=self._count(), completed=self._done)
        self._bar.start()
