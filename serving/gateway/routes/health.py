"""Whether the process lives, whether it should get traffic, and what it counted."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response

from serving.errors import ModelUnavailable
from serving.gateway import drain
from serving.gateway.services import services
from serving.gateway.telemetry.metrics import CONTENT_TYPE

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process lives. The model server is not asked: its outage is no reason to restart the gateway."""
    return _json({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Every configured model has a version AVAILABLE, and the process is not about to stop."""
    models = require_ready()
    return _json({"status": "ok", "models": models})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics."""
    return Response(services().metrics.render(), content_type=CONTENT_TYPE)


def require_ready() -> dict[str, bool]:
    """The configured models, all of them ready.

    Raises:
        ModelUnavailable: naming those that are not.
    """
    if drain.draining():
        raise ModelUnavailable("This gateway is stopping.", retry_after=1)
    found = services().readiness.check()
    missing = [f"{model.name}: {model.reason}" for model in found if not model.ready]
    if missing:
        raise ModelUnavailable(f"Not every model can answer. {' '.join(missing)}", retry_after=1)
    return {model.name: model.ready for model in found}


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), content_type="application/json")
