"""Requests that the server refuses before Flask sees them, answered, counted and logged like any other."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import orjson
from flask import Flask
from werkzeug.exceptions import HTTPException

from serving.errors import ServiceError
from serving.gateway.middleware import problems
from serving.gateway.middleware.hooks import SECURITY_HEADERS, UNMATCHED
from serving.gateway.middleware.request_state import new_id
from serving.gateway.services import EXTENSION, Services
from serving.gateway.telemetry import logs


def answer(app: Flask, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of a refusal; ``method`` and ``path`` are empty if they are unknown."""
    serving = cast(Services, app.extensions[EXTENSION])
    request_id, route = new_id(16), _route(app, method, path)
    serving.metrics.count_refusal(route, error.status)
    if serving.settings.access_log:
        logs.log_refusal(method, route, error, request_id)
    document = problems.document(error, path, request_id)
    headers = [
        ("content-type", problems.CONTENT_TYPE),
        ("x-request-id", request_id),
        *problems.headers(error),
        *SECURITY_HEADERS,
    ]
    return headers, orjson.dumps(document)


@lru_cache(maxsize=1024)
def _route(app: Flask, method: str, path: str) -> str:
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except (HTTPException, ValueError):
        return UNMATCHED
    return str(endpoint).rpartition(".")[2]
