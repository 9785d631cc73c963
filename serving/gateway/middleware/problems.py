"""Errors as callers read them: every error is answered as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug import exceptions as http
from werkzeug.exceptions import HTTPException

from serving.errors import (
    AllImagesFailed,
    InputError,
    MethodNotAllowed,
    MissingKey,
    NotFound,
    RateLimited,
    ServiceError,
    TooLarge,
)
from serving.gateway.middleware import request_state as state

CONTENT_TYPE = "application/problem+json"

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer every error of the app with a problem document."""
    app.register_error_handler(ServiceError, _respond)
    app.register_error_handler(HTTPException, lambda error: _respond(_from_http(error)))
    app.register_error_handler(Exception, lambda error: _respond(_internal(error, "unexpected error")))


def problem(error: ServiceError) -> dict[str, Any]:
    """The members that describe an error, whether of a request or of one picture among several."""
    return {"status": error.status, "code": error.code, "title": error.title, "detail": error.detail}


def document(error: ServiceError, path: str, request_id: str) -> bytes:
    """The whole problem document of a request that failed, as JSON."""
    body = {
        "type": f"urn:problem:{error.code}",
        **problem(error),
        "instance": path,
        "request_id": request_id,
        "retryable": error.retryable,
        # What clients of the Open Inference Protocol and of TensorFlow Serving look for.
        "error": error.detail,
    }
    if isinstance(error, AllImagesFailed):
        body["errors"] = error.errors
    return orjson.dumps(body)


def headers(error: ServiceError) -> list[tuple[str, str]]:
    """The headers that belong to an error."""
    found = []
    if error.retry_after is not None:
        found.append(("Retry-After", str(error.retry_after)))
    if isinstance(error, MethodNotAllowed):
        found.append(("Allow", ", ".join(error.allowed)))
    if isinstance(error, MissingKey):
        found.append(("WWW-Authenticate", "Bearer"))
    return found


def _respond(error: ServiceError) -> Response:
    current = state.current()
    current.error = error.code
    body = document(error, request.path, current.request_id)
    response = Response(body, error.status, content_type=CONTENT_TYPE)
    response.headers.extend(headers(error))
    return response


def _from_http(error: HTTPException) -> ServiceError:
    """The gateway's error for one of the framework's."""
    if isinstance(error, http.NotFound):
        return NotFound("There is nothing at this path. GET /openapi.json lists the paths.")
    if isinstance(error, http.MethodNotAllowed):
        allowed = tuple(sorted(error.valid_methods or ()))
        return MethodNotAllowed(f"This path accepts only {', '.join(allowed)}.", allowed)
    if isinstance(error, http.TooManyRequests):
        wait = g.get("retry_after", 1)
        return RateLimited(f"You have reached the rate limit. Try again in {wait} s.", retry_after=wait)
    if isinstance(error, http.RequestEntityTooLarge):
        return TooLarge("The request is too large.")
    if error.code is not None and 400 <= error.code < 500:
        return InputError("The request is malformed.")
    return _internal(error, "unexpected HTTP error")


def _internal(error: Exception, message: str) -> ServiceError:
    log.error(message, exc_info=error, extra={"request_id": state.current().request_id})
    return ServiceError("An internal error occurred. Report it with the request id.")
