"""The groups of routes that keys and rate limits tell apart."""

from __future__ import annotations

from flask import Request

HEALTH = "health"
METRICS = "metrics"
PAGE = "page"
API = "api"

_HEALTH = frozenset(
    {"health.alive", "health.ready", "inference_v2.server", "inference_v2.live", "inference_v2.ready"}
)


def of(request: Request) -> str:
    """The group of the route that a request matched; ``API`` if it matched none."""
    return of_endpoint(request.endpoint or "")


def of_endpoint(endpoint: str) -> str:
    """The group of an endpoint."""
    if endpoint in _HEALTH:
        return HEALTH
    if endpoint == "health.metrics":
        return METRICS
    if endpoint.startswith(("page.", "documentation.")):
        return PAGE
    return API
