"""The API's description and its UI, served from here: no other host is asked."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import orjson
from flask import Blueprint, Response, current_app, send_from_directory

from serving.errors import NotFound
from serving.gateway.openapi import document as openapi

blueprint = Blueprint("documentation", __name__)

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

# Swagger UI sets style attributes and shows its icons as data: images; nothing else is let in.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>API of the gateway</title>
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
  <div id="api"></div>
  <noscript>This page needs JavaScript; the description itself is at <a href="openapi.json">openapi.json</a>.
  </noscript>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, layout: "BaseLayout",
});
"""


@blueprint.get("/openapi.json")
def description() -> Response:
    """The API's description (OpenAPI 3.1)."""
    return Response(orjson.dumps(openapi.describe(current_app)), content_type="application/json")


@blueprint.get("/docs")
def page() -> Response:
    """The description, to read and to try."""
    return _protected(Response(_PAGE, content_type="text/html; charset=utf-8"))


@blueprint.get("/docs/<asset>")
def asset(asset: str) -> Response:
    """The files of the UI."""
    if asset == "start.js":
        return _protected(Response(_START, content_type="text/javascript; charset=utf-8"))
    if asset not in ASSETS:
        raise NotFound("There is no such file.")
    response = _protected(send_from_directory(_folder(), asset))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _folder() -> Path:
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise NotFound("The files of the UI are not installed; /openapi.json is there without them.")
    return Path(spec.origin).parent / "dist"


def _protected(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
