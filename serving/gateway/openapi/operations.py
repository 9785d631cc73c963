"""Bodies, parameters and answers of each route, by endpoint, for the API's description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from serving.gateway.deadline import LONGEST, SHORTEST
from serving.gateway.middleware.problems import CONTENT_TYPE
from serving.gateway.names import NAME
from serving.gateway.openapi.schemas import STRING, Schema, ref
from serving.gateway.protocols.options import INCLUDES, MAX_TOP_K, TOP_K
from serving.images import FITS

PROBLEMS = {
    400: "Malformed request, or an image that cannot be decoded.",
    401: "No API key.",
    403: "An API key that is not known.",
    404: "Unknown model, version or label.",
    408: "The upload was too slow.",
    413: "Too many bytes, pixels or images.",
    414: "The address is too long.",
    415: "Not an accepted type.",
    422: "Nothing on the picture to classify, or all pictures failed.",
    429: "Too much to do, or too many requests; Retry-After says when to come back.",
    431: "The headers are too long.",
    502: "The model broke its contract.",
    503: "The model is not ready or the model server is away.",
    504: "The deadline passed.",
    507: "As many corrections are kept as may be.",
}
_ALWAYS = (408, 414, 429, 431)
_ASKING = (400, 404, 429, 502, 503, 504)
_SENDING = (400, 404, 408, 413, 415, 429, 502, 503, 504)

_VERSION = {
    "description": "The version of the model that answered.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
}
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "model": {"schema": {"type": "string", "pattern": f"^{NAME.pattern}$"}},
    "version": {"schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}},
    "label": {"schema": {"type": "string", "pattern": f"^{NAME.pattern}$"}},
}


@dataclass(frozen=True)
class Operation:
    """What one route takes and answers.

    Attributes:
        tag: the subject it belongs to.
        answers: content of the 200 by media type.
        problems: statuses it can end with besides.
        body: content it takes by media type.
        parameters: query and header parameters.
    """

    tag: str
    answers: dict[str, Any]
    problems: tuple[int, ...] = (429,)
    body: dict[str, Any] = field(default_factory=dict)
    parameters: tuple[dict[str, Any], ...] = ()


def responses(operation: Operation, locked: bool) -> dict[str, Any]:
    """The answers of an operation, with those of a missing key where one is needed."""
    statuses = sorted({*operation.problems, *_ALWAYS, *((401, 403) if locked else ())})
    found: dict[str, Any] = {"200": {"description": "It worked.", "content": operation.answers}}
    if operation.body:
        found["200"]["headers"] = {"X-Model-Version": _VERSION}
    for status in statuses:
        content = {CONTENT_TYPE: {"schema": ref("Problem")}}
        found[str(status)] = {"description": PROBLEMS[status], "content": content}
    return found


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": ref(name)}}


def _query(name: str, description: str, schema: Schema, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


_TIMEOUT = {
    "name": "X-Request-Timeout",
    "in": "header",
    "description": "Seconds the caller waits at most.",
    "schema": {"type": "number", "minimum": SHORTEST, "maximum": LONGEST},
}
_BINARY: Schema = {"type": "string", "format": "binary"}
_OPTIONS = (
    _query(
        "top_k",
        "How many of the most probable classes to list.",
        {"type": "integer", "minimum": 1, "maximum": MAX_TOP_K, "default": TOP_K},
    ),
    _query(
        "include",
        "What to add to each answer.",
        {"type": "array", "items": {"enum": list(INCLUDES)}, "minItems": 1, "uniqueItems": True},
        style="form",
        explode=False,
    ),
    _query("fit", "How the picture is made to fit the model.", {"enum": list(FITS), "default": FITS[0]}),
    _TIMEOUT,
)
_FIELDS = {
    "model": {"type": "string", "pattern": f"^{NAME.pattern}$"},
    "top_k": {"type": "integer", "minimum": 1, "maximum": MAX_TOP_K},
}
_PICTURES = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": _FIELDS,
            "additionalProperties": _BINARY,
            "minProperties": 1,
        }
    },
    "image/*": {"schema": _BINARY},
    "application/octet-stream": {"schema": _BINARY},
    "application/json": {"schema": ref("Images")},
}
_CLASSIFY = Operation("classify", _json("Answer"), (*_SENDING, 422), _PICTURES, _OPTIONS)
_READ = Operation("read", _json("Readings"), (*_SENDING, 422), _PICTURES, _OPTIONS)
_CORRECT = Operation(
    "corrections",
    _json("Correction"),
    (*_SENDING, 422, 507),
    _PICTURES,
    (_query("label", "The label that is right; a form may have it as a field.", STRING), _TIMEOUT),
)
_PREDICT = Operation(
    "predict",
    _json("Predicted"),
    _SENDING,
    {"application/json": {"schema": {"oneOf": [ref("PredictRows"), ref("PredictColumns")]}}},
    (_TIMEOUT,),
)
_INFER = Operation(
    "inference protocol v2",
    {**_json("InferResponse"), "application/octet-stream": {"schema": _BINARY}},
    _SENDING,
    _json("InferRequest"),
    (_TIMEOUT,),
)


def _model(answer: str, tag: str) -> Operation:
    return Operation(tag, _json(answer), _ASKING, parameters=(_TIMEOUT,))


OPERATIONS: dict[str, Operation] = {
    "classify.classify_default": _CLASSIFY,
    "classify.classify": _CLASSIFY,
    "classify.classify_version": _CLASSIFY,
    "classify.classify_label": _CLASSIFY,
    "read.read_default": _READ,
    "read.read": _READ,
    "read.read_version": _READ,
    "read.read_label": _READ,
    "corrections.correct": _CORRECT,
    "predict.predict": _PREDICT,
    "predict.predict_version": _PREDICT,
    "predict.predict_label": _PREDICT,
    "models.list_models": Operation("models", _json("Models"), (400, 429), parameters=(_TIMEOUT,)),
    "models.show_model": _model("Model", "models"),
    "inference_v2.server": Operation("inference protocol v2", _json("Server")),
    "inference_v2.live": Operation("inference protocol v2", _json("Live")),
    "inference_v2.ready": Operation("inference protocol v2", _json("Ready"), (429, 503)),
    "inference_v2.model_metadata": _model("Metadata", "inference protocol v2"),
    "inference_v2.version_metadata": _model("Metadata", "inference protocol v2"),
    "inference_v2.model_ready": _model("Ready", "inference protocol v2"),
    "inference_v2.version_ready": _model("Ready", "inference protocol v2"),
    "inference_v2.infer": _INFER,
    "inference_v2.infer_version": _INFER,
    "health.alive": Operation("health", _json("Status")),
    "health.ready": Operation("health", _json("Status"), (429, 503)),
    "health.metrics": Operation("health", {"text/plain": {"schema": STRING}}),
}
