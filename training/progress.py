"""Progress for the user: a progress bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

Write = Callable[[str], None]


def _print(text: str) -> None:
    print(text, flush=True)


class Reporter:
    """Prints lines to stdout and, on a terminal, a progress bar with accuracy and remaining time to stderr.

    Args:
        write: called with each line.
        bar: whether to show the bar; None shows it if stderr is a terminal.
    """

    def __init__(self, write: Write = _print, bar: bool | None = None) -> None:
        self._write = write
        self._show = sys.stderr.isatty() if bar is None else bar
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    @classmethod
    def silent(cls) -> Reporter:
        """Return a reporter that prints nothing."""
        return cls(write=lambda _: None, bar=False)

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def line(self, text: str) -> None:
        """Print one line."""
        self._write(text)

    def steps(self, epoch: int, step: int, steps: int, accuracy: float) -> None:
        """Move the bar after a chunk of steps.

        Args:
            epoch: number of the epoch, from 0.
            step: number of steps done in this epoch.
            steps: number of steps per epoch.
            accuracy: training accuracy in this epoch so far, 0..1.
        """
        if not self._show:
            return
        if self._bar is None or self._task is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("")
            self._bar.start()
        label = f"epoch {epoch + 1}  accuracy {accuracy:.4f}"
        self._bar.update(self._task, description=label, completed=step, total=steps)

    def epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Print the figures of a finished epoch.

        Args:
            row: the epoch's row of the history.
            epochs: number of epochs in the whole training.
        """
        self._close()
        self._write(
            f"epoch {int(row['epoch']):>3}/{epochs}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.4f}  "
            f"val_loss {row['val_loss']:.4f}  val_accuracy {row['val_accuracy']:.4f}  "
            f"precision {row['val_precision']:.4f}  recall {row['val_recall']:.4f}  {row['seconds']:.1f} s"
        )

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None
