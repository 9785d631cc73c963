"""Results in a file that survives a kill: JSON lines during the run, and Parquet at its end if requested."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

from client.command import NOT_REACHABLE
from client.records import JsonLines, json_text
from client.results import Outcome

_ROWS = 20_000
_LOCKS = find_spec("fcntl") is not None


class InUse(click.ClickException):
    """Another run writes the file. A later try can succeed, as with a service that is away."""

    exit_code = NOT_REACHABLE


class ResultsFile(JsonLines):
    """The file as an output. Nothing goes to standard output.

    The results of a batch are appended in one write. A resumed run drops the line that a kill cut short, and
    drops failures, which are tried again. A Parquet file is written at the end, from JSON lines in a file
    beside it, which is then removed.

    Args:
        path: of the file.
        resume: whether to continue an existing file.
        with_input: whether to include what the model saw.

    Attributes:
        done: hashes of the names of the pictures that have a result; millions of hashes fit in memory.

    Raises:
        click.UsageError: the file exists and is not to be resumed, does not hold results, or cannot be
            written; or pyarrow is not installed.
        InUse: another run is writing it.
    """

    def __init__(self, path: Path, resume: bool, with_input: bool = False) -> None:
        super().__init__(with_input)
        self._path = path
        self._to_parquet = path.suffix == ".parquet"
        self._lines = path.with_name(f"{path.name}.partial.jsonl") if self._to_parquet else path
        self.done: set[int] = set()
        if self._to_parquet and find_spec("pyarrow") is None:
            raise click.UsageError("A Parquet file needs pyarrow: pip install pyarrow.")
        if path.exists() and not resume:
            raise click.UsageError(f"{path} exists: add --resume, or name another file.")
        if self._lines.exists() and not resume:
            raise click.UsageError(
                f"{self._lines} holds the results of a run that did not end: add --resume, or delete it."
            )
        try:
            # Without locks, as on Windows, an open file could not be replaced.
            known = _LOCKS and self._lines.exists()
            with self._lines.open("rb") if known else nullcontext() as existing:
                _lock(existing, self._lines)
                if resume:
                    self._read_answered()
                self._file: IO[bytes] = self._lines.open("ab")
                _lock(self._file, self._lines)
        except OSError as error:
            raise click.UsageError(f"{self._lines} cannot be written: {error.strerror}.") from error

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def results(self, results: Sequence[Outcome]) -> str:
        """Append the lines to the file; returns no text."""
        self._file.write(super().results(results).encode("utf-8", "backslashreplace"))
        self._file.flush()
        return ""

    def end(self, complete: bool) -> str:
        """After a complete run, turn the lines into Parquet if requested; returns no text."""
        if complete and self._to_parquet:
            partial = self._path.with_name(f"{self._path.name}.partial")
            write_parquet(self._lines, partial)
            os.replace(partial, self._path)
            self._lines.unlink()
        return ""

    def _read_answered(self) -> None:
        """Fill ``done`` from an existing file and rewrite the file without failures and the cut line."""
        if self._to_parquet and self._path.exists() and not self._lines.exists():
            write_lines(self._path, self._lines)
        if not self._lines.exists():
            return
        kept = self._lines.with_name(f"{self._lines.name}.kept")
        try:
            with self._lines.open("rb") as before, kept.open("wb") as after:
                for line in before:
                    name = _answered(line, self._lines)
                    if name is not None:
                        self.done.add(hash(name))
                        after.write(line)
            os.replace(kept, self._lines)
        finally:
            kept.unlink(missing_ok=True)


def write_parquet(lines: Path, path: Path) -> None:
    """Write the records of a file of JSON lines as Parquet, without what the model saw."""
    import pyarrow
    from pyarrow import parquet

    candidate = {"label": pyarrow.string(), "class_id": pyarrow.int64(), "probability": pyarrow.float64()}
    fields = {
        "file": pyarrow.string(),
        **candidate,
        "status": pyarrow.string(),
        "model": pyarrow.string(),
        "version": pyarrow.int64(),
        "top": pyarrow.list_(pyarrow.struct(candidate)),
        "probabilities": pyarrow.map_(pyarrow.string(), pyarrow.float64()),
        "warnings": pyarrow.list_(pyarrow.string()),
        "error": pyarrow.string(),
        "detail": pyarrow.string(),
    }
    schema = pyarrow.schema(list(fields.items()))
    with parquet.ParquetWriter(path, schema) as writer, lines.open("rb") as file:
        rows = map(_to_row, file)
        while some := list(islice(rows, _ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema=schema))


def write_lines(path: Path, lines: Path) -> None:
    """Write the records of a Parquet file as JSON lines, including failures."""
    from pyarrow import parquet

    partial = lines.with_name(f"{lines.name}.kept")
    with parquet.ParquetFile(path) as file, partial.open("wb") as output:
        for batch in file.iter_batches(_ROWS):
            output.writelines(json_text(_from_row(row)).encode() + b"\n" for row in batch.to_pylist())
    os.replace(partial, lines)


def _lock(file: IO[bytes] | None, path: Path) -> None:
    """Lock a file until it is closed, where the system and its file system can.

    Raises:
        InUse: another run has locked it.
    """
    if file is None or not _LOCKS:
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUse(f"Another run is writing {path}: wait until it ends, or name another file.") from None
    except OSError:
        return


def _to_row(line: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(line)
    error = body.pop("error", None)
    if error:
        body |= {"error": error["code"], "detail": error["detail"]}
    body["file"] = body["file"].encode("utf-8", "backslashreplace").decode()
    if "probabilities" in body:
        body["probabilities"] = list(body["probabilities"].items())
    return body


def _from_row(row: dict[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in row.items() if value is not None}
    if "error" in body:
        body["error"] = {"code": body["error"], "detail": body.pop("detail")}
    if "probabilities" in body:
        body["probabilities"] = dict(body["probabilities"])
    return body


def _answered(line: bytes, where: Path) -> str | None:
    """The name of the picture on a line; None for a failure, and for a line that was cut short.

    Raises:
        click.UsageError: the line is complete and is not a result.
    """
    if not line.endswith(b"\n"):
        return None
    try:
        body = json.loads(line)
        return None if "error" in body else str(body["file"])
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{where} has lines that are not results; name another file.") from error
