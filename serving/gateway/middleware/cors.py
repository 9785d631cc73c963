"""Which other web pages may call the API (CORS, as in the Fetch standard): those that the settings name."""

from __future__ import annotations

from flask import Flask, Response, request

from serving.gateway.settings.settings import Settings

REQUEST_HEADERS = (
    "Authorization, Content-Encoding, Content-Type, Inference-Header-Content-Length, "
    "X-API-Key, X-Request-ID, X-Request-Timeout, traceparent"
)
RESPONSE_HEADERS = "Inference-Header-Content-Length, Retry-After, X-Model-Version, X-Request-ID, traceparent"
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": REQUEST_HEADERS,
    "Access-Control-Max-Age": "600",
}


def register(app: Flask, settings: Settings) -> None:
    """Answer preflight requests, and add the headers that let the settings' origins read answers."""
    if not settings.cors_origins:
        return
    allowed = frozenset(settings.cors_origins)

    def allow(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is not None and allowed & {"*", origin}:
            response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
            response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
            if request.method == "OPTIONS":
                response.headers.update(PREFLIGHT_HEADERS)
        return response

    app.after_request(allow)
