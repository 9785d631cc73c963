"""A run over any number of pictures: each result is written as it arrives, whatever happens later."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING

import click

from client.command import FAILED, INTERRUPTED, SUCCESS, exit_code
from client.command.inputs import Inputs
from client.command.terminal import Interrupts, ProgressBar
from client.errors import ClientError
from client.problems import NotFound
from client.records import Output
from client.results import Failure, Outcome, Prediction, Reading, SeenInput

if TYPE_CHECKING:
    from client.synchronous import Client

_LONGEST_STEM = 80


@dataclass
class Tally:
    """Counts the results of a run and reports on it.

    Attributes:
        verb: what the run does, such as ``classify``.
        done: its participle, such as ``classified``.
        skipped: the skipped system files, by name.
        answered: pictures with an answer.
        failed: pictures without an answer.
        ended: the error that ended the run early, or None.
        interrupted: whether Ctrl-C ended the run.
        hint: what to do about ``ended``.
        begin: start of the run, on the clock of ``time.monotonic``.
    """

    verb: str
    done: str
    skipped: Counter[str]
    answered: int = 0
    failed: int = 0
    ended: ClientError | None = None
    interrupted: bool = False
    hint: str = ""
    begin: float = field(default_factory=monotonic)

    def add(self, results: Sequence[object]) -> None:
        """Count the results."""
        failed = sum(isinstance(result, Failure) for result in results)
        self.failed += failed
        self.answered += len(results) - failed

    @property
    def is_complete(self) -> bool:
        """Whether the run reached its end."""
        return self.ended is None and not self.interrupted

    def report(self) -> int:
        """Print what is worth a line on standard error; returns the exit code."""
        if self.ended is not None:
            click.echo(f"mnist-classify: {self.ended.detail}{self.hint}", err=True)
        if self._is_worth_a_line():
            click.echo(self._sentence(), err=True)
        if self.skipped:
            names = ", ".join(sorted(self.skipped))
            total = self.skipped.total()
            click.echo(f"skipped {total:,} system file{'s' * (total != 1)}: {names}", err=True)
        if self.interrupted:
            return INTERRUPTED
        if self.ended is not None:
            return exit_code(self.ended)
        return FAILED if self.failed else SUCCESS

    def _is_worth_a_line(self) -> bool:
        total = self.answered + self.failed
        if not self.is_complete:
            return self.interrupted or total > 0
        return total != 1 and (total == 0 or self.failed > 0 or sys.stderr.isatty())

    def _sentence(self) -> str:
        seconds = monotonic() - self.begin
        early = "interrupted: " if self.interrupted else "stopped: " if self.ended else ""
        failed = f", {self.failed:,} failed" if self.failed else ""
        if not self.answered + self.failed and not early:
            return f"nothing to {self.verb}"
        return f"{early}{self.answered:,} {self.done}{failed} in {seconds:.1f} s"


class Saver:
    """Saves what the model saw as ``<position>-<name>.png``; for a reading, one numbered file per mark.

    Args:
        folder: created if it does not exist.

    Raises:
        click.UsageError: the folder cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._position = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"The folder {folder} cannot be created: {error.strerror}.") from error

    def save(self, results: Iterable[Outcome]) -> None:
        """Save the inputs that the results include; positions count all results.

        Raises:
            click.ClickException: a file cannot be written.
        """
        for result in results:
            self._position += 1
            for part, seen in _seen(result):
                path = self._folder / f"{self._position:06d}-{part}.png"
                try:
                    path.write_bytes(seen.png)
                except OSError as error:
                    raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error


def run(
    client: Client,
    batches: Iterable[Sequence[Outcome]],
    output: Output,
    tally: Tally,
    *,
    model: str,
    pictures: Inputs | None = None,
    saver: Saver | None = None,
) -> int:
    """Write results as they arrive; returns the exit code.

    Args:
        client: for a hint if the service does not know the model.
        batches: the results.
        output: turns them into text.
        tally: counts them.
        model: the model that is asked.
        pictures: tells how many results there will be.
        saver: saves what the model saw.

    Raises:
        BrokenPipeError: nobody reads the output any more.
    """
    with ProgressBar(pictures.count if pictures else lambda: None) as progress, Interrupts() as interrupts:
        progress.write(output.begin())
        try:
            for results in batches:
                with interrupts.held():
                    progress.write(output.results(results))
                    progress.advance(len(results))
                    tally.add(results)
                    if saver:
                        saver.save(results)
        except ClientError as error:
            tally.ended, tally.hint = error, _hint(client, model, error)
        except KeyboardInterrupt:
            tally.interrupted = True
        progress.write(output.end(tally.is_complete))
    return tally.report()


def _seen(result: Outcome) -> Iterator[tuple[str, SeenInput]]:
    """What the model saw of a result, each with its part of the file name."""
    if isinstance(result, Prediction) and result.input is not None:
        yield _stem(result.name), result.input
    if isinstance(result, Reading):
        for place, mark in enumerate(result.marks, start=1):
            if mark.input is not None:
                yield f"{_stem(result.name)}-{place:03d}", mark.input


def _stem(name: str) -> str:
    """The name without folders and ending, with only letters that are safe in a file name."""
    stem = PurePath(name).stem if name != "-" else "stdin"
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in stem)
    return kept.encode()[:_LONGEST_STEM].decode(errors="ignore")


def _hint(client: Client, model: str, error: ClientError) -> str:
    """The models that the service has, if the one that was asked is not among them."""
    if not isinstance(error, NotFound):
        return ""
    try:
        names = [model.name for model in client.models()]
    except ClientError:
        return ""
    return "" if model in names else f" It serves: {', '.join(names)}."
