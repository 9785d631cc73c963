"""The shapes of what is sent and answered, for the API's description."""

from __future__ import annotations

from typing import Any

from serving.gateway.inference.judgement import STATUSES
from serving.gateway.protocols.tensors_v2 import DATATYPES

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
ANYTHING: Schema = {}


def listed(items: Schema, **more: Any) -> Schema:  # noqa: ANN401 - any keyword of JSON Schema
    """A list."""
    return {"type": "array", "items": items, **more}


def record(properties: dict[str, Schema], *, optional: tuple[str, ...] = (), closed: bool = True) -> Schema:
    """An object with these properties."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": not closed,
    }


def ref(name: str) -> Schema:
    """One of ``SCHEMAS``."""
    return {"$ref": f"#/components/schemas/{name}"}


_CLASS = {"label": STRING, "class_id": {"type": "integer", "minimum": 0}, "probability": PROBABILITY}
_STATUS: Schema = {"enum": list(STATUSES)}
_TOP = listed({"$ref": "#/components/schemas/Class"}, minItems=1)
_INCLUDED = {
    "probabilities": {"type": "object", "additionalProperties": PROBABILITY},
    "input": record({"png_b64": STRING, "steps": listed(STRING)}),
}
_IMAGE_ERROR = {"status": INTEGER, "code": STRING, "title": STRING, "detail": STRING}
_NAME: Schema = {"type": ["string", "null"]}
_BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
_V2_PARAMETERS: Schema = {"type": "object"}

SCHEMAS: dict[str, Schema] = {
    "Problem": record(
        {
            "type": STRING,
            **_IMAGE_ERROR,
            "instance": STRING,
            "request_id": STRING,
            "retryable": BOOLEAN,
            "error": STRING,
            "errors": listed(ref("Failure")),
        },
        optional=("instance", "errors"),
    ),
    "Failure": record({"name": _NAME, "error": record(_IMAGE_ERROR)}),
    "Class": record(_CLASS),
    "Classified": record(
        {"name": _NAME, "status": _STATUS, **_CLASS, "top": _TOP, **_INCLUDED, "warnings": listed(STRING)},
        optional=(*_INCLUDED, "warnings"),
    ),
    "Answer": record(
        {
            "model": record({"name": STRING, "version": INTEGER}),
            "predictions": listed({"anyOf": [ref("Classified"), ref("Failure")]}, minItems=1),
        }
    ),
    "Mark": record(
        {
            "status": _STATUS,
            **_CLASS,
            "box": listed({"type": "integer", "minimum": 0}, minItems=4, maxItems=4),
            "top": _TOP,
            **_INCLUDED,
        },
        optional=("top", *_INCLUDED),
    ),
    "Reading": record(
        {
            "name": _NAME,
            "status": _STATUS,
            "text": STRING,
            "lines": listed(record({"text": STRING, "marks": listed(ref("Mark"), minItems=1)}), minItems=1),
        }
    ),
    "Readings": record(
        {
            "model": record({"name": STRING, "version": INTEGER, "run": STRING}),
            "readings": listed({"anyOf": [ref("Reading"), ref("Failure")]}, minItems=1),
        }
    ),
    "Images": record(
        {
            "images": listed(record({"b64": _BASE64, "name": _NAME}, optional=("name",)), minItems=1)
        }
    ),
    "Model": record(
        {
            "name": STRING,
            "ready": BOOLEAN,
            "versions": listed(
                record({"version": INTEGER, "state": STRING, "run_id": STRING}, optional=("run_id",))
            ),
            "labels": listed(STRING),
            "card": {"type": ["object", "null"]},
            "reason": STRING,
        },
        optional=("reason",),
    ),
    "Models": record(
        {
            "models": listed(ref("Model")),
            "default": STRING,
            "notice": {"type": ["string", "null"]},
            "limits": record(
                {
                    "image_bytes": INTEGER,
                    "image_pixels": INTEGER,
                    "images": INTEGER,
                    "marks": INTEGER,
                    "request_bytes": INTEGER,
                    "seconds": {"type": "number"},
                }
            ),
            "corrections": BOOLEAN,
        }
    ),
    "Correction": record(
        {
            "model": record({"name": STRING, "version": INTEGER}),
            "label": STRING,
            "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "new": BOOLEAN,
        }
    ),
    "Status": record({"status": STRING, "models": {"type": "object"}}, optional=("models",)),
    "PredictRows": record(
        {"signature_name": STRING, "instances": listed(ANYTHING, minItems=1)}, optional=("signature_name",)
    ),
    "PredictColumns": record({"signature_name": STRING, "inputs": ANYTHING}, optional=("signature_name",)),
    "Predicted": {"anyOf": [record({"predictions": listed(ANYTHING)}), record({"outputs": ANYTHING})]},
    "InferInput": record(
        {
            "name": STRING,
            "shape": listed({"type": "integer", "minimum": 1}),
            "datatype": {"enum": sorted(DATATYPES.values())},
            "parameters": _V2_PARAMETERS,
            "data": {"type": "array"},
        },
        optional=("parameters", "data"),
        closed=False,
    ),
    "InferWanted": record(
        {"name": STRING, "parameters": _V2_PARAMETERS}, optional=("parameters",), closed=False
    ),
    "InferRequest": record(
        {
            "id": STRING,
            "parameters": _V2_PARAMETERS,
            "inputs": listed(ref("InferInput"), minItems=1),
            "outputs": listed(ref("InferWanted")),
        },
        optional=("id", "parameters", "outputs"),
        closed=False,
    ),
    "InferOutput": record(
        {
            "name": STRING,
            "shape": listed(INTEGER),
            "datatype": STRING,
            "parameters": _V2_PARAMETERS,
            "data": {"type": "array"},
        },
        optional=("parameters", "data"),
    ),
    "InferResponse": record(
        {"model_name": STRING, "model_version": STRING, "id": STRING, "outputs": listed(ref("InferOutput"))},
        optional=("id",),
    ),
    "Server": record({"name": STRING, "version": STRING, "extensions": listed(STRING)}),
    "Live": record({"live": BOOLEAN}),
    "Ready": record({"name": STRING, "ready": BOOLEAN}, optional=("name",)),
    "Metadata": record(
        {
            "name": STRING,
            "versions": listed(STRING),
            "platform": STRING,
            "inputs": listed(ref("Tensor")),
            "outputs": listed(ref("Tensor")),
        }
    ),
    "Tensor": record({"name": STRING, "datatype": STRING, "shape": listed(INTEGER)}),
}  # fmt: skip
