"""What the service answers, read into results and errors."""

from __future__ import annotations

import binascii
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


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Verb(Generic[T]):
    """What the API does with a picture.

    Attributes:
        name: as in the path.
        key: of the list of answers, one for each picture.
        read: makes a result of one entry of that list, the upload, and the whole answer.
        parameters: of the query that it takes.
    """

    name: str
    key: str
    read: Callable[[Mapping[str, Any], Upload, Mapping[str, Any]], T]
    parameters: tuple[str, ...] = PARAMETERS


def read_results(reply: Reply, uploads: Sequence[Upload], verb: Verb[T]) -> list[T | Failure]:
    """One result for each upload, in their order.

    Raises:
        Problem: the request failed as a whole.
        BadReply: the answer is not what the API promises.
    """
    if reply.status not in (200, 422):
        raise problem_from_reply(reply.status, reply.headers, reply.content)
    body = _object(reply)
    entries = body.get(verb.key if reply.status == 200 else "errors")
    if not isinstance(entries, list) or len(entries) != len(uploads):
        if reply.status == 422:
            raise problem_from_reply(reply.status, reply.headers, reply.content)
        found = len(entries) if isinstance(entries, list) else "no"
        raise BadReply(f"the service gave {found} answers for {len(uploads)} pictures.")
    results: list[T | Failure] = []
    try:
        for place, upload in enumerate(uploads):
            result = _result(place, entries[place], upload, body, verb)
            results.append(result)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise BadReply(f"the service's answer lacks or misstates {error}.") from error
    return results


def read_models(reply: Reply) -> list[ModelInfo]:
    """What is served.

    Raises:
        Problem: the service refused.
        BadReply: the answer is not what the API promises.
    """
    models = _object(_accepted(reply)).get("models")
    if not isinstance(models, list):
        raise BadReply("the service's answer has no list of models.")
    return [_model(model) for model in models]


def read_model(reply: Reply) -> ModelInfo:
    """One model; raises as ``read_models`` does."""
    return _model(_object(_accepted(reply)))


def read_correction(reply: Reply, upload: Upload) -> Correction:
    """What was kept; raises as ``read_models`` does."""
    body = _object(_accepted(reply))
    try:
        return Correction(
            upload.name, str(body["label"]), str(body["id"]), bool(body["new"]), source=upload.source
        )
    except KeyError as error:
        raise BadReply(f"the service's answer lacks or misstates {error}.") from error


def _accepted(reply: Reply) -> Reply:
    if reply.status != 200:
        raise problem_from_reply(reply.status, reply.headers, reply.content)
    return reply


def _object(reply: Reply) -> dict[str, Any]:
    try:
        body = json.loads(reply.content)
    except (ValueError, RecursionError) as error:
        raise BadReply("the answer is not JSON; is this the address of the classifier?") from error
    if not isinstance(body, dict):
        raise BadReply("the answer is not a JSON object; is this the address of the classifier?")
    return body


def _result(
    place: int, entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any], verb: Verb[T]
) -> T | Failure:
    if str(entry.get("name", place)) != str(place):
        raise ValueError(f"the name of picture {place}: it says {entry['name']!r}")
    if "error" in entry or verb.key not in body:
        return Failure(upload.name, problem_from_entry(entry.get("error", entry)), upload.source)
    return verb.read(entry, upload, body)


def seen_input(entry: Mapping[str, Any]) -> SeenInput | None:
    """What the model saw, if the entry has it."""
    seen = entry.get("input")
    return None if seen is None else SeenInput(b64decode(seen["png_b64"]), tuple(seen.get("steps", ())))


def _prediction(entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any]) -> Prediction:
    model = body["model"]
    return Prediction(
        name=upload.name,
        label=str(entry["label"]),
        class_id=int(entry["class_id"]),
        probability=float(entry["probability"]),
        status=str(entry["status"]),
        model=str(model["name"]),
        version=None if model.get("version") is None else int(model["version"]),
        top=tuple(_candidate(candidate) for candidate in entry.get("top", ())),
        probabilities=entry.get("probabilities"),
        input=seen_input(entry),
        warnings=tuple(str(warning) for warning in entry.get("warnings", ())),
        source=upload.source,
    )


def _reading(entry: Mapping[str, Any], upload: Upload, body: Mapping[str, Any]) -> Reading:
    model = body["model"]
    return Reading(
        name=upload.name,
        text=str(entry["text"]),
        status=str(entry["status"]),
        lines=tuple(Line(str(line["text"]), tuple(map(_mark, line["marks"]))) for line in entry["lines"]),
        model=str(model["name"]),
        version=None if model.get("version") is None else int(model["version"]),
        warnings=tuple(str(warning) for warning in entry.get("warnings", ())),
        source=upload.source,
    )


def _mark(body: Mapping[str, Any]) -> Mark:
    left, top, width, height = (int(side) for side in body["box"])
    return Mark(
        label=str(body["label"]),
        class_id=int(body["class_id"]),
        probability=float(body["probability"]),
        status=str(body["status"]),
        box=(left, top, width, height),
        input=seen_input(body),
    )


def _candidate(body: Mapping[str, Any]) -> Candidate:
    return Candidate(str(body["label"]), int(body["class_id"]), float(body["probability"]))


def _model(body: Mapping[str, Any]) -> ModelInfo:
    try:
        return ModelInfo(
            name=str(body["name"]),
            ready=bool(body["ready"]),
            versions=tuple(body.get("versions") or ()),
            labels=tuple(str(label) for label in body.get("labels") or ()),
            card=dict(body.get("card") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadReply(f"the description of a model lacks or misstates {error}.") from error


CLASSIFY = Verb("classify", "predictions", _prediction)
READ = Verb("read", "readings", _reading, parameters=("include",))
