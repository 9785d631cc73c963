"""The machine-readable outputs: JSON, JSON lines and CSV. Each turns results into text, one at a time."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from typing import Any, Protocol

from client.errors import Problem
from client.results import Failure, Prediction, Result

COLUMNS = ("file", "label", "class_id", "probability", "status", "model", "version", "error", "detail")

_READABLE = json.JSONEncoder(ensure_ascii=False)


class Output(Protocol):
    """Turns results into text, one after another."""

    def begin(self) -> str:
        """What comes before the first."""

    def result(self, result: Result) -> str:
        """One result, line ends included."""

    def end(self) -> str:
        """What comes after the last, also where the work was cut short."""


class JsonLines:
    """One JSON object on each line.

    Args:
        with_input: whether to add what the model saw, where the answer has it.
    """

    def __init__(self, with_input: bool = False) -> None:
        self._with_input = with_input

    def begin(self) -> str:
        """Nothing."""
        return ""

    def result(self, result: Result) -> str:
        """One line."""
        return json_text(record(result, self._with_input)) + "\n"

    def end(self) -> str:
        """Nothing."""
        return ""


class JsonArray:
    """One JSON array, written element by element; whole also when it ends early; see ``JsonLines``."""

    def __init__(self, with_input: bool = False) -> None:
        self._with_input = with_input
        self._before = "[\n"

    def begin(self) -> str:
        """Nothing yet: the bracket comes with the first element."""
        return ""

    def result(self, result: Result) -> str:
        """One element on a line of its own."""
        before, self._before = self._before, ",\n"
        return before + json_text(record(result, self._with_input))

    def end(self) -> str:
        """The closing bracket."""
        return "[]\n" if self._before == "[\n" else "\n]\n"


class Csv:
    """RFC 4180 with a header line."""

    def begin(self) -> str:
        """The header."""
        return _csv_line(COLUMNS)

    def result(self, result: Result) -> str:
        """One line."""
        if isinstance(result, Failure):
            error = (result.error.code, result.error.detail)
            return _csv_line((result.name, "", "", "", "", "", "", *error))
        values = (result.label, result.class_id, result.probability, result.status, result.model)
        return _csv_line((result.name, *values, result.version, "", ""))

    def end(self) -> str:
        """Nothing."""
        return ""


def record(result: Result, with_input: bool = True) -> dict[str, Any]:
    """A result as plain JSON types."""
    if isinstance(result, Failure):
        return {"file": result.name, "error": _error(result)}
    body: dict[str, Any] = {
        "file": result.name,
        "label": result.label,
        "class_id": result.class_id,
        "probability": result.probability,
        "status": result.status,
        "model": result.model,
        "version": result.version,
        "top": [
            {"label": top.label, "class_id": top.class_id, "probability": top.probability}
            for top in result.top
        ],
    }
    return {**body, **_included(result, with_input)}


def json_text(body: object) -> str:
    """JSON with its letters readable; a file name that is no valid text is escaped, so that it survives."""
    text = _READABLE.encode(body)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body)
    return text


def _error(failure: Failure) -> dict[str, Any]:
    error = failure.error
    body: dict[str, Any] = {"code": error.code, "detail": error.detail}
    return {**body, "status": error.status} if isinstance(error, Problem) else body


def _included(prediction: Prediction, with_input: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"warnings": list(prediction.warnings)} if prediction.warnings else {}
    if prediction.probabilities is not None:
        body["probabilities"] = dict(prediction.probabilities)
    if with_input and prediction.input is not None:
        png = b64encode(prediction.input.png).decode()
        body["input"] = {"png_b64": png, "steps": list(prediction.input.steps)}
    return body


def _csv_line(values: tuple[object, ...]) -> str:
    import csv

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()
