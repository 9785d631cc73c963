"""What every route needs: the deadline and ids of the request under way, and answers in JSON."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from serving.gateway.middleware import request_state as state
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.services import services

MODEL_PATH = "/models/<word:model>"
VERSION_PATH = f"{MODEL_PATH}/versions/<word:version>"
LABEL_PATH = f"{MODEL_PATH}/labels/<word:label>"


def call_context() -> CallContext:
    """What calls for the request under way take along.

    Raises:
        InputError: its ``X-Request-Timeout`` is no number or out of range.
    """
    current = state.current()
    return current.call_context(current.deadline(request, services().settings.deadline_seconds))


def json_response(body: dict[str, Any]) -> Response:
    """An answer in JSON; values and arrays of NumPy are written as numbers."""
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), content_type="application/json")
