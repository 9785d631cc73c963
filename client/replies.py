"""Answers of the service, parsed into results and errors."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from client.errors import BadReply
from client.problems import problem_from_entry, problem_from_reply
from client.requests import PARAMETERS
from client.results import (
    Candidate,
    Correction,
    Failure,
    Line,
    Mark,
    ModelInfo,
    Prediction,
    Reading,
    SeenInput,
)
from client.sources import Upload

T = TypeVar("T")

# What parsing raises where an answer lacks something or has a wrong type.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Verb(Generic[T]):
    """An operation of the API on pictures.

    Attributes:
        name: as in the path.
        key: of the list in the answer that has one entry per picture.
        parse: makes a result of an entry, its upload and the whole answer.
        parameters: the query parameters that the operation takes.
    """

    name: str
    key: str
    parse: Callable[[Mapping[str, Any], Upload, Mapping[str, Any]], T]
    parameters: tuple[str, ...] = PARAMETERS


def read_results(reply: Reply, uploads: Sequence[Upload], verb: Verb[T]) -> list[T | Failure]:
    """Parse the answer for a batch: one result per upload, in order.

    Raises:
        Problem: the request failed as a whole.
        BadReply: the answer does not follow the API.
    """
    body = _object(reply)
    entries = body.get(verb.key if reply.status == 200 else "errors")
    if not isinstance(entries, list) or len(entries) != len(uploads):
        _require_success(reply)
        found = len(entries) if isinstance(entries, list) else "no"
        raise BadReply(f"the service returned {found} answers for {len(uploads)} pictures.")
    results: list[T | Failure] = []
    try:
        for place, upload in enumerate(uploads):
            entry = entries[place]
            if str(entry.get("name", place)) != str(place):
                raise ValueError(f"the name of picture {place}: it says {entry['name']!r}")
            if reply.status != 200 or "error" in entry:
                error = problem_from_entry(entry.get("error", entry))
                results.append(Failure(upload.name, error, upload.source))
            else:
                results.append(verb.parse(entry, upload, body))
    except _MALFORMED as error:
        raise BadReply(f"a field of the service's answer is missing or wrong: {error}.") from error
    return results


def read_models(reply: Reply) -> list[ModelInfo]:
    """Parse the list of served models.

    Raises:
        Problem: the service refused the request.
        BadReply: the answer does not follow the API.
    """
    _require_success(reply)
    models = _object(reply).get("models")
    if not isinstance(models, list):
        raise BadReply("the service's answer has no list of models.")
    return [_model(model) for model in models]


def read_model(reply: Reply) -> ModelInfo:
    """Parse the description of one model; raises as ``read_models`` does."""
    _require_success(reply)
    return _model(_object(reply))


def read_correction(reply: Reply, upload: Upload) -> Correction:
    """Parse the receipt for a correction; raises as ``read_models`` does."""
    _require_success(reply)
    body = _object(reply)
    try:
        return Correction(
            upload.name, str(body["label"]), str(body["id"]), bool(body["new"]), source=upload.source
        )
    except KeyError as error:
        raise BadReply(f"a field of the service's answer is missing or wrong: {error}.") from error


def _require_success(reply: Reply) -> None:
    if reply.status != 200:
        raise problem_from_reply(reply.status, reply.headers, reply.content)


def _object(reply: Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.content)
    except (ValueError, RecursionError) as error:
        raise BadReply("the answer is not JSON; is this the address of the classifier?") from error
    if not isinstance(body, dict):
        raise BadReply("the answer is not a JSON object; is this the address of the classifier?")
    return body


def _prediction(entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any]) -> Prediction:
    return Prediction(
        name=upload.name,
        label=str(entry["label"]),
        class_id=int(entry["class_id"]),
        probability=float(entry["probability"]),
        status=str(entry["status"]),
        top=tuple([_candidate(top) for top in entry.get("top", ())]),
        probabilities=_probabilities(entry.get("probabilities")),
        input=_seen_input(entry),
        **_common(entry, upload, body),
    )


def _probabilities(body: Mapping[str, Any] | None) -> dict[str, float] | None:
    return None if body is None else {str(label): float(share) for label, share in body.items()}


def _candidate(body: Mapping[str, Any]) -> Candidate:
    return Candidate(str(body["label"]), int(body["class_id"]), float(body["probability"]))


def _reading(entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any]) -> Reading:
    return Reading(
        name=upload.name,
        text=str(entry["text"]),
        status=str(entry["status"]),
        lines=tuple(Line(str(line["text"]), tuple(map(_mark, line["marks"]))) for line in entry["lines"]),
        **_common(entry, upload, body),
    )


def _mark(body: Mapping[str, Any]) -> Mark:
    left, top, width, height = (int(side) for side in body["box"])
    return Mark(
        label=str(body["label"]),
        class_id=int(body["class_id"]),
        probability=float(body["probability"]),
        status=str(body["status"]),
        box=(left, top, width, height),
        input=_seen_input(body),
    )


def _common(entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that predictions and readings share."""
    model = body["model"]
    version = model.get("version")
    return {
        "model": str(model["name"]),
        "version": None if version is None else int(version),
        "warnings": tuple([str(warning) for warning in entry.get("warnings", ())]),
        "source": upload.source,
    }


def _seen_input(entry: Mapping[str, Any]) -> SeenInput | None:
    seen = entry.get("input")
    return (
        None
        if seen is None
        else SeenInput(b64decode(seen["png_b64"]), tuple([str(step) for step in seen.get("steps", ())]))
    )


def _model(body: Mapping[str, Any]) -> ModelInfo:
    try:
        return ModelInfo(
            name=str(body["name"]),
            ready=bool(body["ready"]),
            versions=tuple(body.get("versions") or ()),
            labels=tuple(str(label) for label in body.get("labels") or ()),
            card=dict(body.get("card") or {}),
        )
    except _MALFORMED as error:
        raise BadReply(f"a field in the description of a model is missing or wrong: {error}.") from error


CLASSIFY = Verb("classify", "predictions", _prediction)
READ = Verb("read", "readings", _reading, parameters=("include",))
