"""The API's description (OpenAPI 3.1), made from the routes: their paths, methods and docstrings.

What code cannot say of itself, bodies and answers, is in ``operations``, by endpoint.
"""

from __future__ import annotations

import re
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from serving.gateway.middleware import groups
from serving.gateway.openapi.operations import OPERATIONS, PATH_PARAMETERS, Operation, responses
from serving.gateway.openapi.schemas import SCHEMAS
from serving.gateway.services import EXTENSION, Services
from serving.gateway.telemetry.metrics import VERSION

DESCRIPTION = "Pictures in, labels out. Every error is a problem (RFC 9457) with a code to act on."
UNDESCRIBED = ("page.", "documentation.")


def describe(app: Flask) -> dict[str, Any]:
    """The description of an app's API."""
    services: Services = app.extensions[EXTENSION]
    keys = bool(services.settings.api_keys_file)
    spec = APISpec(
        title="Image classifier",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": "/"}],
        tags=[{"name": name} for name in dict.fromkeys(each.tag for each in OPERATIONS.values())],
    )
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    if keys:
        spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
        spec.components.security_scheme("header", {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    for rule in described_rules(app):
        operation = OPERATIONS[rule.endpoint]
        locked = keys and groups.of_endpoint(rule.endpoint) not in services.settings.auth_exempt
        spec.path(
            path=re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule),
            operations={_method(rule): _operation(app, rule, operation, services, locked)},
        )
    described: dict[str, Any] = spec.to_dict()
    return described


def described_rules(app: Flask) -> list[Rule]:
    """The routes of the API, without the page's and the description's own."""
    rules = (rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(UNDESCRIBED))
    return sorted(rules, key=lambda rule: list(OPERATIONS).index(rule.endpoint))


def _method(rule: Rule) -> str:
    return "post" if "POST" in (rule.methods or ()) else "get"


def _operation(
    app: Flask, rule: Rule, operation: Operation, services: Services, locked: bool
) -> dict[str, Any]:
    summary, _, more = (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")
    body: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [operation.tag],
        "summary": summary,
        "parameters": [*_path_parameters(rule, services), *operation.parameters],
        "responses": responses(operation, locked),
    }
    if more.strip():
        body["description"] = re.sub(r"\s+", " ", more).strip()
    if operation.body:
        body["requestBody"] = {"required": True, "content": operation.body}
    if locked:
        body["security"] = [{"bearer": []}, {"header": []}]
    return body


def _path_parameters(rule: Rule, services: Services) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            **PATH_PARAMETERS[name],
            **({"examples": _examples(services)} if name == "model" else {}),
        }
        for name in sorted(rule.arguments)
    ]


def _examples(services: Services) -> dict[str, Any]:
    return {name: {"value": name} for name in services.settings.models}
