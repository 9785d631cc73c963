"""The API's description, as OpenAPI for programs and as a page for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template

from serving.errors import NotFound
from serving.gateway.openapi import document as openapi
from serving.gateway.openapi.outline import example, outline
from serving.gateway.services import services

blueprint = Blueprint("documentation", __name__, template_folder="templates")

STYLE = "docs.css"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
}


@blueprint.get("/openapi.json")
def description() -> Response:
    """The API's description (OpenAPI 3.1)."""
    return Response(orjson.dumps(openapi.describe(current_app)), content_type="application/json")


@blueprint.get("/docs")
def page() -> Response:
    """The description as a page."""
    document = openapi.describe(current_app)
    text = render_template(
        "docs.html",
        info=document["info"],
        tags={tag["name"]: _operations(document, tag["name"]) for tag in document["tags"]},
        schemas=document["components"]["schemas"],
        model=services().settings.default_model,
        outline=outline,
        example=example,
    )
    return Response(text, headers=HEADERS, content_type="text/html; charset=utf-8")


@blueprint.get("/docs/<asset>")
def asset(asset: str) -> Response:
    """The page's style sheet."""
    if asset != STYLE:
        raise NotFound("There is no such file.")
    text = (Path(__file__).parent / STYLE).read_text()
    headers = {**HEADERS, "Cache-Control": "public, max-age=3600"}
    return Response(text, headers=headers, content_type="text/css; charset=utf-8")


def _operations(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    """The operations with a tag, each with its path and method, and all parameters."""
    return [
        {
            **operation,
            "path": path,
            "method": method,
            "parameters": [*item.get("parameters", ()), *operation.get("parameters", ())],
        }
        for path, item in openapi.resolved(document["paths"], document).items()
        for method, operation in item.items()
        if method != "parameters" and tag in operation["tags"]
    ]
