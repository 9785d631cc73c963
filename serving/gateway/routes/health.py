"""Liveness, readiness and metrics."""

from __future__ import annotations

from flask import Blueprint, Response

from serving.errors import ModelUnavailable
from serving.gateway.routes.exchanges import json_response
from serving.gateway.server import bridge
from serving.gateway.services import services
from serving.gateway.telemetry.instruments import CONTENT_TYPE

blueprint = Blueprint("health", __name__)

SCRAPE_SECONDS = 0.5
"""How long metrics wait for the models' readiness: a model that hangs must not hide all other metrics."""


@blueprint.get("/healthz")
def alive() -> Response:
    """The process is alive. An outage of the model server is no reason to restart the gateway."""
    return json_response({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """Enough models can answer (``GATEWAY_READY_WHEN``), and the process is not stopping."""
    return json_response({"status": "ok", "models": require_ready()})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics, with the models' current readiness, or the last known one if a check takes long."""
    serving = services()
    serving.metrics.note_readiness(bridge.wait_for(serving.readiness.known_within(SCRAPE_SECONDS)))
    return Response(serving.metrics.render(), content_type=CONTENT_TYPE)


def require_ready() -> dict[str, bool]:
    """Whether each configured model can answer; raises ModelUnavailable if too few can, or at the end."""
    serving = services()
    if serving.draining.is_set():
        raise ModelUnavailable("This gateway is stopping.", retry_after=1)
    found = bridge.wait_for(serving.readiness.check())
    serving.metrics.note_readiness(found)
    if not serving.readiness.suffices(found):
        missing = [f"{model.name}: {model.reason}" for model in found if not model.ready]
        raise ModelUnavailable(f"Too few models can answer. {' '.join(missing)}", retry_after=1)
    return {model.name: model.ready for model in found}
