"""Hooks around every request: its state, its headers, its log line, its metrics."""

from __future__ import annotations

from flask import Flask, Response, g, request

from serving.gateway.middleware import groups
from serving.gateway.middleware.request_state import RequestState
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
    app.teardown_request(_end)


def route() -> str:
    """The name of the route that the current request matched."""
    rule = request.url_rule
    return UNMATCHED if rule is None else rule.endpoint.rpartition(".")[2]


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


def _end(error: BaseException | None) -> None:  # noqa: ARG001 - the framework passes it
    services().metrics.inflight.dec()
