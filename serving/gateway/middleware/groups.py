"""The groups of routes that keys and rate limits tell apart."""

from __future__ import annotations

from flask import Request

HEALTH, METRICS, PAGE, API = "health", "metrics", "page", "api"

_HEALTH = ("health.alive", "health.ready", "inference_v2.server", "inference_v2.live", "inference_v2.ready")
_GROUPS = {**dict.fromkeys(_HEALTH, HEALTH), "health.metrics": METRICS}


def of(request: Request) -> str:
    """The group of the route that a request matched; ``API`` if it matched none."""
    return of_endpoint(request.endpoint or "")


def of_endpoint(endpoint: str) -> str:
    """The group of an endpoint."""
    return PAGE if endpoint.startswith(("page.", "documentation.")) else _GROUPS.get(endpoint, API)
