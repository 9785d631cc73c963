"""What surrounds every request: its state, its headers, its log line, its metrics."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from serving.errors import ServiceError
from serving.gateway.middleware import groups, problems
from serving.gateway.middleware.request_state import RequestState, new_id
from serving.gateway.services import services
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry import logs

UNMATCHED = "unmatched"

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)


def register(app: Flask, settings: Settings) -> None:
    """Add the hooks to an app."""
    app.before_request(_begin)
    app.after_request(_add_headers)
    app.after_request(_account if settings.access_log else _count)
    app.teardown_request(lambda _: services().metrics.inflight.dec())


def route() -> str:
    """The name of the route that the current request matched."""
    rule = request.url_rule
    return UNMATCHED if rule is None else rule.endpoint.rpartition(".")[2]


def refuse(app: Flask, error: ServiceError, method: str, path: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body for a request that the server refuses before Flask sees it; counts and logs it too.

    ``method`` and ``path`` are empty if they are unknown.
    """
    serving = services(app)
    request_id, matched = new_id(16), _matched(app, method, path)
    serving.metrics.count_refusal(matched, error.status)
    if serving.settings.access_log:
        logs.log_refusal(method, matched, error, request_id)
    own = [("content-type", problems.CONTENT_TYPE), ("x-request-id", request_id)]
    headers = [*own, *problems.headers(error), *SECURITY_HEADERS]
    return headers, problems.document(error, path, request_id)


@lru_cache(maxsize=1024)
def _matched(app: Flask, method: str, path: str) -> str:
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except (HTTPException, ValueError):
        return UNMATCHED
    return str(endpoint).rpartition(".")[2]


def _begin() -> None:
    g.request_state = RequestState(request)
    services().metrics.inflight.inc()


def _add_headers(response: Response) -> Response:
    state: RequestState = g.request_state
    headers = response.headers
    own = [("X-Request-ID", state.request_id), ("traceparent", state.traceparent)]
    if state.version:
        own.append(("X-Model-Version", str(state.version)))
    if "Content-Security-Policy" in headers:  # a page, with a policy of its own
        own += [(name, value) for name, value in SECURITY_HEADERS if name not in headers]
    else:
        own += SECURITY_HEADERS
    headers.extend(own)
    return response


def _count(response: Response) -> Response:
    services().metrics.count_request(route(), response.status_code, g.request_state)
    return response


def _account(response: Response) -> Response:
    probe = groups.of(request) in (groups.HEALTH, groups.METRICS)
    if not probe or response.status_code >= 400:
        logs.log_access(request.method, route(), response.status_code, g.request_state)
    return _count(response)
