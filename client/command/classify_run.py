"""One run over any number of pictures: results out as they come, whatever happens on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client.command.interrupts import Interrupts
from client.command.options import Connection
from client.command.output import Csv, JsonArray, JsonLines, Output
from client.command.progress import ProgressBar
from client.command.saving import Saver
from client.command.tally import Tally
from client.command.text import Text
from client.errors import ClientError
from client.problems import NotFound
from client.requests import OptionFields
from client.results import Result

if TYPE_CHECKING:
    from client.synchronous import Client


OUTPUTS = ("text", "json", "jsonl", "csv")


@dataclass(frozen=True, slots=True)
class Run:
    """What to ask for and how to tell it; the fields are the options of the command."""

    options: OptionFields
    output: str
    show: bool
    save_inputs: Path | None
    batch_size: int
    concurrency: int

    def run(self, connection: Connection, sources: Iterable[object], count: Callable[[], int | None]) -> int:
        """Classify and write; gives the exit code.

        Args:
            connection: where the service is.
            sources: the pictures.
            count: how many there are, or None where nobody knows.

        Raises:
            BrokenPipeError: whoever read the output has gone.
        """
        tally = Tally()
        output = self._output()
        saver = Saver(self.save_inputs) if self.save_inputs else None
        interrupts = Interrupts()
        with connection.client() as client, ProgressBar(count, _watched()) as progress, interrupts:
            progress.write(output.begin())
            try:
                for results in self._batches(client, sources):
                    with interrupts.held():
                        progress.write("".join(map(output.result, results)))
                        progress.advance(len(results))
                        tally.add(results)
                        if saver:
                            saver.save(results)
            except ClientError as error:
                tally.end(error, _hint(client, error))
            except KeyboardInterrupt:
                tally.interrupted = True
            progress.write(output.end())
        return tally.tell()

    def _batches(self, client: Client, sources: Iterable[object]) -> Iterable[list[Result]]:
        options: OptionFields = {**self.options, "include": self._asked()}
        return client.classify_batches(
            sources, concurrency=self.concurrency, batch_size=self.batch_size, **options
        )

    def _asked(self) -> tuple[str, ...]:
        included = tuple(self.options.get("include", ()))
        wants_input = self.show or self.save_inputs is not None
        return (*included, "input") if wants_input and "input" not in included else included

    def _output(self) -> Output:
        with_input = "input" in self.options.get("include", ())
        if self.output == "json":
            return JsonArray(with_input)
        if self.output == "jsonl":
            return JsonLines(with_input)
        if self.output == "csv":
            return Csv()
        terminal = sys.stdout.isatty()
        colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        return Text(colour, self.show, _widest_name() if terminal else None)


def _watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _widest_name() -> int:
    import shutil

    return max(16, shutil.get_terminal_size().columns - 52)


def _hint(client: Client, error: ClientError) -> str:
    """What the service does have, where it has not what was asked for."""
    if not isinstance(error, NotFound):
        return ""
    try:
        names = [model.name for model in client.models()]
    except ClientError:
        return ""
    return f" It serves: {', '.join(names)}."
