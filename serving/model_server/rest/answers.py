"""The REST API: from a method, path and body to an HTTP answer."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from urllib.parse import unquote

from google.protobuf import json_format
from google.protobuf.message import Message
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
)

from serving.model_server import metadata
from serving.model_server.backend import Backend
from serving.model_server.rest import writer
from serving.model_server.rest.inference import VERBS
from serving.model_server.status import INTERNAL, Code, StatusError, invalid_argument

log = logging.getLogger(__name__)

_JSON = "application/json"
_STATUSES = {
    Code.OK: 200,
    Code.CANCELLED: 499,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.UNAUTHENTICATED: 401,
}
_MOST_DIGITS = 19
_CHOICE = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_INFERENCE = re.compile(rf"(?i:/v1/models)/(?P<name>[^/:]+){_CHOICE}:(?P<verb>classify|regress|predict)")
_LOOKUP = re.compile(rf"(?i:/v1/models)(?:/(?P<name>[^/:]+))?{_CHOICE}(?P<metadata>/metadata)?")


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer."""

    status: int
    body: str = ""
    content_type: str = _JSON


def is_known(path: str) -> bool:
    """Whether a path belongs to the API."""
    return path[:4].lower() == "/v1/"


def failed(error: StatusError) -> HttpAnswer:
    """The answer to a request that failed."""
    return HttpAnswer(_STATUSES.get(error.code, 500), writer.error(error.message))


def answer(backend: Backend, method: str, raw_path: str, body: bytes) -> HttpAnswer:
    """Answer a request for a known path."""
    path = unquote(raw_path, "utf-8", "surrogateescape")
    try:
        if method == "POST" and (match := _INFERENCE.fullmatch(path)):
            return _infer(backend, match, body)
        if method == "GET" and (match := _LOOKUP.fullmatch(path)):
            return _look_up(backend, match)
        raise invalid_argument(f"Malformed request: {method} {path}")
    except StatusError as error:
        return failed(error)
    except UnicodeEncodeError:
        return failed(invalid_argument("A name in the request is not valid UTF-8"))
    except RecursionError:
        return failed(invalid_argument("JSON Parse error: nested too deeply"))
    except Exception:
        log.exception("%s %s failed", method, path)
        return failed(StatusError(Code.INTERNAL, INTERNAL))


def _infer(backend: Backend, match: re.Match[str], body: bytes) -> HttpAnswer:
    spec = _spec(match)
    if spec is None:
        return HttpAnswer(400)
    verb = match["verb"]
    with backend.counted(spec.name, verb.capitalize(), "REST"):
        return HttpAnswer(200, VERBS[verb](backend, spec, body))


def _look_up(backend: Backend, match: re.Match[str]) -> HttpAnswer:
    spec = _spec(match)
    if spec is None:
        return HttpAnswer(400)
    if not match["name"]:
        raise invalid_argument("Missing model name in request.")
    if match["metadata"]:
        return HttpAnswer(200, _metadata(backend, spec))
    request = get_model_status_pb2.GetModelStatusRequest(model_spec=spec)
    return HttpAnswer(200, _as_json(metadata.get_status(backend.catalog, request)) + "\n")


def _spec(match: re.Match[str]) -> model_pb2.ModelSpec | None:
    """The model and version that a path asks for; None if the number is too large for a version."""
    spec = model_pb2.ModelSpec(name=match["name"])
    if match["version"]:
        digits = match["version"].lstrip("0") or "0"
        if len(digits) > _MOST_DIGITS or int(digits) >= 2**63:
            return None
        spec.version.value = int(digits)
    if match["label"]:
        spec.version_label = match["label"]
    return spec


def _metadata(backend: Backend, spec: model_pb2.ModelSpec) -> str:
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        model_spec=spec, metadata_field=["signature_def"]
    )
    response = metadata.get_metadata(backend.catalog, request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    return (
        f'{{\n"model_spec":{_as_json(response.model_spec)}\n,\n'
        f'"metadata": {{"signature_def": {_as_json(signatures)}\n}}\n}}\n'
    )


def _as_json(message: Message) -> str:
    body = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return json.dumps(body, indent=1, ensure_ascii=False)
