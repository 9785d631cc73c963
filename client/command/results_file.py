"""Results in a file that survives a kill: JSON lines during the run, and Parquet at its end if wanted."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

import click

from client.command.parquet import write_lines, write_parquet
from client.command.records import Output, json_text, record
from client.command.selection import key
from client.results import Result


class ResultsFile:
    """The file, and which pictures have a result in it.

    The results of a batch are appended in one write. What a kill leaves of a line is dropped when the run
    resumes, and so are failures, which are tried again. A Parquet file is written from the JSON lines beside
    it, which are removed then.

    Args:
        path: of the file.
        resume: whether to continue an existing file.

    Attributes:
        done: keys of the pictures that have a result; see ``client.command.selection.key``.

    Raises:
        click.UsageError: the file exists and is not to be resumed, is no file of results, or cannot be
            written; or pyarrow is not installed.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self._to_parquet = path.suffix == ".parquet"
        self._lines = path.with_name(f"{path.name}.partial.jsonl") if self._to_parquet else path
        self.done: set[bytes] = set()
        self._file: IO[bytes] | None = None
        if self._to_parquet:
            _require_pyarrow()
        if path.exists() and not resume:
            raise click.UsageError(f"{path} exists: add --resume, or name another file.")
        try:
            self._open(resume)
        except OSError as error:
            raise click.UsageError(f"{self._lines} cannot be written: {error.strerror}.") from error

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, text: str) -> None:
        """Append whole lines."""
        assert self._file is not None
        self._file.write(text.encode("utf-8", "backslashreplace"))
        self._file.flush()

    def complete(self) -> None:
        """The run is complete: turn the lines into Parquet if that is wanted."""
        if not self._to_parquet:
            return
        partial = self._path.with_name(f"{self._path.name}.partial")
        write_parquet(self._lines, partial)
        os.replace(partial, self._path)
        self._lines.unlink()

    def _open(self, resume: bool) -> None:
        if resume and self._to_parquet and self._path.exists() and not self._lines.exists():
            write_lines(self._path, self._lines)
        if resume and self._lines.exists():
            kept = self._lines.with_name(f"{self._lines.name}.kept")
            with self._lines.open("rb") as before, kept.open("wb") as after:
                for line in before:
                    name = _answered(line, self._lines)
                    if name is not None:
                        self.done.add(key(name))
                        after.write(line)
            os.replace(kept, self._lines)
        self._file = self._lines.open("ab" if resume else "wb")


class ToFile(Output[Result]):
    """Writes the results to a file; nothing goes to standard output."""

    def __init__(self, file: ResultsFile, with_input: bool) -> None:
        self._file = file
        self._with_input = with_input

    def results(self, results: Sequence[Result]) -> str:
        """Nothing: the file has them."""
        lines = (json_text(record(result, self._with_input)) + "\n" for result in results)
        self._file.write("".join(lines))
        return ""


def _answered(line: bytes, where: Path) -> str | None:
    """The name of the picture on a line; None for a failure, and for a line that is not whole.

    Raises:
        click.UsageError: the line is whole and no result.
    """
    if not line.endswith(b"\n"):
        return None
    try:
        body = json.loads(line)
        return None if "error" in body else str(body["file"])
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{where} holds other lines than results; name another file.") from error


def _require_pyarrow() -> None:
    if find_spec("pyarrow") is None:
        raise click.UsageError("A Parquet file needs pyarrow: pip install pyarrow.")
