"""The API's description, as OpenAPI for programs and as a page for people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template
from markupsafe import Markup, escape

from serving.errors import NotFound
from serving.gateway.openapi import document as openapi
from serving.gateway.services import services

Schema = dict[str, Any]

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


def outline(schema: Schema, depth: int = 0) -> Markup:
    """A schema as JSON with types for values, links for named schemas, and ``?`` after optional members."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    choices = [outline(each, depth) for each in schema.get("anyOf") or schema.get("oneOf", ())]
    choices += [escape(json.dumps(each)) for each in schema.get("enum", ())]
    if choices:
        return Markup(" or ").join(choices)
    if schema.get("properties"):
        return _members(schema, depth)
    if schema.get("type") == "array":
        return Markup("[{}, …]").format(outline(schema.get("items", {}), depth))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup('{{"…": {}}}').format(outline(schema["additionalProperties"], depth))
    return escape(_type(schema) + _bounds(schema))


def example(operation: dict[str, Any], model: str) -> str:
    """A curl command for an operation, with the shell variables ``URL`` and ``KEY``."""
    samples = {"model": model, "version": "1", "label": "stable"}
    path = re.sub(r"{(\w+)}", lambda match: samples[match[1]], operation["path"])
    parts = [f'curl "$URL{path}"']
    bodies = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in bodies:
        parts.append("-F image=@picture.png")
    elif bodies:
        parts.append("-H 'Content-Type: application/json' -d @request.json")
    if "security" in operation:
        parts.append('-H "Authorization: Bearer $KEY"')
    return " ".join(parts)


def _members(schema: Schema, depth: int) -> Markup:
    required, inner = schema.get("required", ()), "  " * (depth + 1)
    lines = [
        Markup('{}"{}"{}: {}').format(
            inner, name, "" if name in required else "?", outline(member, depth + 1)
        )
        for name, member in schema["properties"].items()
    ]
    if isinstance(schema.get("additionalProperties"), dict):
        lines.append(Markup('{}"…": {}').format(inner, outline(schema["additionalProperties"], depth + 1)))
    return Markup("{{\n{}\n{}}}").format(Markup(",\n").join(lines), "  " * depth)


def _type(schema: Schema) -> str:
    kinds = schema.get("type", "any JSON")
    name = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return schema.get("contentEncoding") or ("bytes" if schema.get("format") == "binary" else name)


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    ends = [f"from {low}"] if low is not None else []
    ends += [f"to {high}"] if high is not None and high < 2**63 - 1 else []
    parts = [" ".join(ends)] if ends else []
    parts += [f"default {schema['default']}"] if "default" in schema else []
    return f" ({', '.join(parts)})" if parts else ""
