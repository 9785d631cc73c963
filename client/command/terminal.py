"""The terminal during a long run: Ctrl-C, text and a progress bar."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

from client.command.text import Text
from client.records import Csv, JsonArray, JsonLines, Output

if TYPE_CHECKING:
    from rich.progress import Progress

APPEARS_AFTER_SECONDS = 1.0


class Interrupts:
    """A context in which Ctrl-C raises ``KeyboardInterrupt``, but only after code that is ``held``.

    A second Ctrl-C does not wait, because held code may hang. Where Ctrl-C is ignored (as in the background
    jobs of a script), it stays ignored.
    """

    def __init__(self) -> None:
        self._before: Any = signal.SIG_IGN
        self._held = False
        self._waiting = False

    def __enter__(self) -> Interrupts:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Complete the code within before an interrupt is raised."""
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


class ProgressBar:
    """Writes results to standard output, and shows a bar on the terminal if the work takes long.

    Args:
        count: returns how many results there will be, or None if that is not known.
    """

    def __init__(self, count: Callable[[], int | None]) -> None:
        self._count = count
        self._watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._done = 0
        self._begin = monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def write(self, text: str) -> None:
        """Write to standard output, above the bar if both are on the terminal.

        Raises:
            BrokenPipeError: nobody reads standard output any more.
        """
        if self._bar is not None and sys.stdout.isatty():
            from rich.text import Text as RichText

            self._bar.console.print(RichText.from_ansi(text.rstrip("\n")), soft_wrap=True)
        elif text:
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()

    def advance(self, count: int) -> None:
        """Count that many more results."""
        self._done += count
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)
        elif self._watched and monotonic() - self._begin > APPEARS_AFTER_SECONDS:
            self._appear()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        console = Console(stderr=not sys.stdout.isatty())
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        self._bar.add_task("", total=self._count(), completed=self._done)
        self._bar.start()


def output_for(
    given: Mapping[str, Any], *, beside_name: int, columns: Sequence[str] = (), with_input: bool = False
) -> Output:
    """The output that ``--output`` and ``--show`` ask for.

    Args:
        given: values of the options.
        beside_name: columns of a line of text that the name must leave for the answer.
        columns: of CSV.
        with_input: whether JSON includes what the model saw.
    """
    form = given["output"]
    if form == "csv":
        return Csv(columns)
    if form != "text":
        return JsonArray(with_input) if form == "json" else JsonLines(with_input)
    show = given.get("show", False)
    if not sys.stdout.isatty():
        return Text(colour=False, show=show)
    colour = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return Text(colour, show, max(16, shutil.get_terminal_size().columns - beside_name))
