"""Results as records: JSON, JSON lines, CSV and DataFrames. The text forms are written result by result."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from client.errors import ClientError, Problem
from client.results import Correction, Failure, Mark, Outcome, Prediction, Reading, Result, SeenInput

if TYPE_CHECKING:
    import pandas

_ANSWERED = ("model", "version", "error", "detail", "warnings")
COLUMNS = ("file", "label", "class_id", "probability", "status", *_ANSWERED)
READING_COLUMNS = ("file", "text", "status", "marks", *_ANSWERED)

_READABLE = json.JSONEncoder(ensure_ascii=False)


def record(result: Outcome, with_input: bool = True) -> dict[str, Any]:
    """A result as plain JSON types; ``with_input`` includes what the model saw."""
    if isinstance(result, Failure):
        return {"file": result.name, "error": _error(result.error)}
    if isinstance(result, Correction):
        return {"file": result.name, "label": result.label, "id": result.id, "new": result.new}
    body = _reading(result, with_input) if isinstance(result, Reading) else _prediction(result)
    if result.warnings:
        body["warnings"] = list(result.warnings)
    if isinstance(result, Prediction):
        if result.probabilities is not None:
            body["probabilities"] = dict(result.probabilities)
        if with_input and result.input is not None:
            body["input"] = _seen(result.input)
    return body


def row(body: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """A record as one row of a table."""
    error = body.get("error") or {}
    flat = {**body, "error": error.get("code"), "detail": error.get("detail")}
    flat["warnings"] = "; ".join(body.get("warnings", ())) or None
    if "lines" in body:
        flat["marks"] = sum(len(line["marks"]) for line in body["lines"])
    return {column: flat.get(column) for column in columns}


def data_frame(results: Iterable[Result]) -> pandas.DataFrame:
    """The results as a DataFrame with the columns of ``COLUMNS``, one row each.

    Raises:
        ClientError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ClientError("a DataFrame needs pandas: pip install pandas") from error
    rows = [row(record(result, with_input=False), COLUMNS) for result in results]
    frame = pandas.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"class_id": "Int64", "version": "Int64", "probability": "Float64"})


def json_text(body: object) -> str:
    """JSON that keeps letters beyond ASCII; a file name that is not valid text is escaped."""
    text = _READABLE.encode(body)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body)
    return text


class Output(ABC):
    """Turns results into text, a few at a time."""

    def begin(self) -> str:
        """The text before the first result."""
        return ""

    @abstractmethod
    def results(self, results: Sequence[Outcome]) -> str:
        """The text of some results, with line ends."""

    def end(self, complete: bool) -> str:  # noqa: ARG002 - for those that have an end
        """The text after the last result; ``complete`` is False if the run ended early."""
        return ""


class JsonLines(Output):
    """One JSON object per line; ``with_input`` includes what the model saw."""

    def __init__(self, with_input: bool = False) -> None:
        self._with_input = with_input

    def results(self, results: Sequence[Outcome]) -> str:
        """One line per result."""
        return "".join([json_text(record(result, self._with_input)) + "\n" for result in results])


class JsonArray(Output):
    """One JSON array, written element by element and closed even if the run ends early."""

    def __init__(self, with_input: bool = False) -> None:
        self._with_input = with_input
        self._before = "[\n"

    def results(self, results: Sequence[Outcome]) -> str:
        """One line per result; the opening bracket comes with the first."""
        text = ""
        for result in results:
            text += self._before + json_text(record(result, self._with_input))
            self._before = ",\n"
        return text

    def end(self, complete: bool) -> str:  # noqa: ARG002
        """The closing bracket."""
        return "[]\n" if self._before == "[\n" else "\n]\n"


class Csv(Output):
    """RFC 4180 with a header line."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def begin(self) -> str:
        """The header."""
        return _csv([self._columns])

    def results(self, results: Sequence[Outcome]) -> str:
        """One line per result."""
        return _csv(row(record(result, with_input=False), self._columns).values() for result in results)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    import csv

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _error(error: ClientError) -> dict[str, Any]:
    body: dict[str, Any] = {"code": error.code, "detail": error.detail}
    return {**body, "status": error.status} if isinstance(error, Problem) else body


def _prediction(result: Prediction) -> dict[str, Any]:
    return {
        "file": result.name,
        "label": result.label,
        "class_id": result.class_id,
        "probability": result.probability,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "top": [top._asdict() for top in result.top],
    }


def _reading(result: Reading, with_input: bool) -> dict[str, Any]:
    return {
        "file": result.name,
        "text": result.text,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "lines": [
            {"text": line.text, "marks": [_mark(mark, with_input) for mark in line.marks]}
            for line in result.lines
        ],
    }


def _mark(mark: Mark, with_input: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "label": mark.label,
        "class_id": mark.class_id,
        "probability": mark.probability,
        "status": mark.status,
        "box": list(mark.box),
    }
    return {**body, "input": _seen(mark.input)} if with_input and mark.input else body


def _seen(seen: SeenInput) -> dict[str, Any]:
    return {"png_b64": b64encode(seen.png).decode(), "steps": list(seen.steps)}
