"""What all routes share: paths, the deadline and ids of the current request, and JSON answers."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from serving.gateway.deadline import requested
from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.services import services

MODEL_PATH = "/models/<word:model>"
VERSION_PATH = f"{MODEL_PATH}/versions/<word:version>"
LABEL_PATH = f"{MODEL_PATH}/labels/<word:label>"


def call_context() -> CallContext:
    """The context of calls for the current request; raises InputError for a wrong ``X-Request-Timeout``."""
    current, most = state.current(), services().settings.deadline_seconds
    deadline = requested(request.headers.get("X-Request-Timeout"), most, current.arrived)
    return CallContext(deadline, (current.request_id,), current.traceparent)


def json_response(body: dict[str, Any]) -> Response:
    """A JSON answer; NumPy values and arrays are written as numbers."""
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), content_type="application/json")
