"""The machine-readable outputs: JSON, JSON lines and CSV. Each writes results as they come."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from client.errors import Problem
from client.notebook import COLUMNS, table_row
from client.results import Failure, Prediction, Result, SeenInput

_READABLE = json.JSONEncoder(ensure_ascii=False)

T = TypeVar("T")
Record = Callable[[T], Mapping[str, Any]]


class Output(ABC, Generic[T]):
    """Turns results into text, a few at a time."""

    def begin(self) -> str:
        """The text before the first result."""
        return ""

    @abstractmethod
    def results(self, results: Sequence[T]) -> str:
        """The text of some results, with line ends."""

    def end(self) -> str:
        """The text after the last result, also when the run ends early."""
        return ""


class JsonLines(Output[T]):
    """One JSON object on each line."""

    def __init__(self, record: Record[T]) -> None:
        self._record = record

    def results(self, results: Sequence[T]) -> str:
        """A line for each."""
        return "".join(json_text(self._record(result)) + "\n" for result in results)


class JsonArray(Output[T]):
    """One JSON array, written element by element and closed even when the run ends early."""

    def __init__(self, record: Record[T]) -> None:
        self._record = record
        self._before = "[\n"

    def results(self, results: Sequence[T]) -> str:
        """A line for each; the opening bracket comes with the first."""
        text = ""
        for result in results:
            text += self._before + json_text(self._record(result))
            self._before = ",\n"
        return text

    def end(self) -> str:
        """The closing bracket."""
        return "[]\n" if self._before == "[\n" else "\n]\n"


class Csv(Output[T]):
    """RFC 4180 with a header line."""

    def __init__(self, columns: Sequence[str], row: Record[T]) -> None:
        self._columns = columns
        self._row = row

    def begin(self) -> str:
        """The header."""
        return _csv([self._columns])

    def results(self, results: Sequence[T]) -> str:
        """A line for each."""
        return _csv([self._row(result)[column] for column in self._columns] for result in results)


def machine_output(output: str, with_input: bool) -> Output[Result]:
    """The output ``json``, ``jsonl`` or ``csv``; ``with_input`` adds what the model saw to the first two."""
    if output == "csv":
        return Csv(COLUMNS, table_row)
    return (JsonArray if output == "json" else JsonLines)(lambda result: record(result, with_input))


def record(result: Result, with_input: bool = True) -> dict[str, Any]:
    """A result as plain JSON types."""
    if isinstance(result, Failure):
        return failure_record(result)
    body: dict[str, Any] = {
        "file": result.name,
        "label": result.label,
        "class_id": result.class_id,
        "probability": result.probability,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "top": [top._asdict() for top in result.top],
    }
    return {**body, **_included(result, with_input)}


def failure_record(failure: Failure) -> dict[str, Any]:
    """A failure as plain JSON types."""
    error = failure.error
    body: dict[str, Any] = {"code": error.code, "detail": error.detail}
    if isinstance(error, Problem):
        body["status"] = error.status
    return {"file": failure.name, "error": body}


def input_record(seen: SeenInput) -> dict[str, Any]:
    """What the model saw as plain JSON types."""
    return {"png_b64": b64encode(seen.png).decode(), "steps": list(seen.steps)}


def json_text(body: object) -> str:
    """JSON with its letters readable; a file name that is no valid text is escaped and so survives."""
    text = _READABLE.encode(body)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body)
    return text


def _included(prediction: Prediction, with_input: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"warnings": list(prediction.warnings)} if prediction.warnings else {}
    if prediction.probabilities is not None:
        body["probabilities"] = dict(prediction.probabilities)
    if with_input and prediction.input is not None:
        body["input"] = input_record(prediction.input)
    return body


def _csv(rows: Iterable[Sequence[object]]) -> str:
    import csv

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
