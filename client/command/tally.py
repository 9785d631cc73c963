"""How a run went: its sentence for people on standard error, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import click

from client.command.exits import ALL_WELL, FAILED, INTERRUPTED, exit_code
from client.errors import ClientError
from client.results import Failure, Result


@dataclass
class Tally:
    """Counts the results of a run.

    Attributes:
        classified: pictures with an answer.
        failed: pictures without.
        ended: what ended the run before its time, or None.
        interrupted: whether it was Ctrl-C.
        hint: what to do about ``ended``.
    """

    classified: int = 0
    failed: int = 0
    ended: ClientError | None = None
    interrupted: bool = False
    hint: str = ""
    begin: float = field(default_factory=monotonic)

    def add(self, results: Sequence[Result]) -> None:
        """Count them."""
        failed = sum(isinstance(result, Failure) for result in results)
        self.failed += failed
        self.classified += len(results) - failed

    def end(self, error: ClientError, hint: str) -> None:
        """Note what ended the run before its time, and what to do about it."""
        self.ended, self.hint = error, hint

    def tell(self) -> int:
        """Say how it went where that is worth a line; gives the exit code."""
        if self.ended is not None:
            click.echo(f"mnist-classify: {self.ended.detail}{self.hint}", err=True)
        if self._worth_telling():
            click.echo(self._sentence(), err=True)
        if self.interrupted:
            return INTERRUPTED
        if self.ended is not None:
            return exit_code(self.ended)
        return FAILED if self.failed else ALL_WELL

    def _worth_telling(self) -> bool:
        total = self.classified + self.failed
        if self.interrupted or (self.ended is not None and total):
            return True
        return total != 1 and (total == 0 or self.failed > 0 or sys.stderr.isatty()) and self.ended is None

    def _sentence(self) -> str:
        seconds = monotonic() - self.begin
        early = "interrupted: " if self.interrupted else "stopped: " if self.ended else ""
        failed = f", {self.failed:,} failed" if self.failed else ""
        if not self.classified + self.failed and not early:
            return "nothing to classify"
        return f"{early}{self.classified:,} classified{failed} in {seconds:.1f} s"
