"""Which other web pages may call the API (CORS, as in the Fetch standard): those that the settings name."""

from __future__ import annotations

from flask import Flask, Response, request

from serving.gateway.settings.settings import Settings

METHODS = "GET, POST"
REQUEST_HEADERS = (
    "Authorization, Content-Encoding, Content-Type, Inference-Header-Content-Length, "
    "X-API-Key, X-Request-ID, X-Request-Timeout, traceparent"
)
RESPONSE_HEADERS = "Inference-Header-Content-Length, Retry-After, X-Model-Version, X-Request-ID, traceparent"
MAX_AGE_SECONDS = "600"


def register(app: Flask, settings: Settings) -> None:
    """Answer preflight requests, and add the headers that let the settings' origins read answers."""
    if not settings.cors_origins:
        return
    allowed = frozenset(settings.cors_origins)

    def allow(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is None or not allowed & {"*", origin}:
            return response
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = METHODS
            headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
            headers["Access-Control-Max-Age"] = MAX_AGE_SECONDS
        return response

    app.after_request(allow)
