"""The API's description (OpenAPI 3.1): ``openapi.yaml``, completed from the settings."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from werkzeug.routing import Rule

from serving.gateway.middleware import groups
from serving.gateway.services import services
from serving.gateway.telemetry.metrics import VERSION

SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
KEY_PROBLEMS = {
    "401": {"$ref": "#/components/responses/MissingKey"},
    "403": {"$ref": "#/components/responses/WrongKey"},
}


def describe(app: Flask) -> dict[str, Any]:
    """The description of an app's API."""
    settings, document = services(app).settings, deepcopy(_template())
    document["info"]["version"] = VERSION
    components, locks = document["components"], bool(settings.api_keys_file)
    components["parameters"]["model"]["examples"] = {name: {"value": name} for name in settings.models}
    if not locks:
        del components["securitySchemes"]
    for rule in described_rules(app):
        operation = document["paths"][path_of(rule)][method_of(rule)]
        responses = dict(operation["responses"])
        if locks and groups.of_endpoint(rule.endpoint) not in settings.auth_exempt:
            responses.update(KEY_PROBLEMS)
            operation["security"] = SECURITY
        operation["responses"] = dict(sorted(responses.items()))
    return document


def resolved(node: Any, document: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A node of the document with what its references point to in their place, except for schemas."""
    if isinstance(node, list):
        return [resolved(each, document) for each in node]
    if not isinstance(node, dict):
        return node
    _, _, kind, name = node.get("$ref", "#/components/schemas/").split("/")
    if kind != "schemas":
        return document["components"][kind][name]
    return {name: resolved(member, document) for name, member in node.items()}


def described_rules(app: Flask) -> list[Rule]:
    """The routes of the API, without the page's and the description's own."""
    return [rule for rule in app.url_map.iter_rules() if groups.of_endpoint(rule.endpoint) != groups.PAGE]


def path_of(rule: Rule) -> str:
    """A route's path as OpenAPI writes it: ``/v1/models/{model}``."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def method_of(rule: Rule) -> str:
    """A route's method as OpenAPI writes it: each route has one of these two."""
    return "post" if "POST" in (rule.methods or ()) else "get"


@cache
def _template() -> dict[str, Any]:
    text = Path(__file__).with_name("openapi.yaml").read_text("utf-8")
    # The loader in C takes a fifth of the time, for which the event loop waits.
    document: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    # The x- members only hold YAML anchors.
    return {name: member for name, member in document.items() if not name.startswith("x-")}
