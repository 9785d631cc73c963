"""Schemas and requests in a short form for people."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup, escape

Schema = dict[str, Any]

_INDENT = "  "
_SAMPLES = {"version": "1", "label": "stable"}


def outline(schema: Schema, depth: int = 0) -> Markup:
    """A schema as JSON with types in place of values. Named schemas are links.

    A question mark marks optional members.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return Markup(" or ").join(outline(each, depth) for each in schema[choice])
    if "enum" in schema:
        return Markup(" or ").join(escape(json.dumps(each)) for each in schema["enum"])
    if schema.get("properties"):
        return _members(schema, depth)
    if schema.get("type") == "array":
        return Markup("[{}, …]").format(outline(schema.get("items", {}), depth))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup('{{"…": {}}}').format(outline(schema["additionalProperties"], depth))
    return Markup("{}{}").format(_type(schema), _bounds(schema))


def example(operation: dict[str, Any], model: str) -> str:
    """A curl command for an operation, with the shell variables ``URL`` and ``KEY``."""
    samples = {**_SAMPLES, "model": model}
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
    required, inner = schema.get("required", ()), _INDENT * (depth + 1)
    lines = [
        Markup('{}"{}"{}: {}').format(
            inner, name, "" if name in required else "?", outline(member, depth + 1)
        )
        for name, member in schema["properties"].items()
    ]
    if isinstance(schema.get("additionalProperties"), dict):
        lines.append(Markup('{}"…": {}').format(inner, outline(schema["additionalProperties"], depth + 1)))
    return Markup("{{\n{}\n{}}}").format(Markup(",\n").join(lines), _INDENT * depth)


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
