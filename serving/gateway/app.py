"""The gateway as a Flask app.

``create_app`` puts one together from settings; ``application`` does so from the environment, for gunicorn:

    gunicorn -c serving/gateway/gunicorn_conf.py 'serving.gateway.app:application()'
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask

from serving.gateway.middleware import auth, cors, hooks, problems
from serving.gateway.model_client.grpc_predictor import GrpcPredictor
from serving.gateway.model_client.predictor import Predictor
from serving.gateway.names import Word
from serving.gateway.routes import (
    classify,
    corrections,
    documentation,
    health,
    inference_v2,
    models,
    page,
    predict,
    read,
)
from serving.gateway.services import EXTENSION, assemble, services
from serving.gateway.settings.settings import Settings, SettingsError, unknown_variables
from serving.gateway.telemetry import logs
from serving.startup import exempt_modules_from_collection

if TYPE_CHECKING:
    from serving.gateway.telemetry.tracing import Tracer

log = logging.getLogger(__name__)

_ROUTES = (classify, read, predict, models, corrections, inference_v2, health, documentation, page)
BLUEPRINTS = [routes.blueprint for routes in _ROUTES]


class Gateway(Flask):
    """A Flask application with the two methods that the server calls; see ``server.application``.

    It has no ``async`` views; Flask's support for them would inspect every hook and view on every request.
    """

    refuse = hooks.refuse

    def drain(self) -> None:
        """Fail readiness from now on."""
        services(self).draining.set()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none here is ``async``."""
        return func


def create_app(
    settings: Settings, predictor: Predictor | None = None, tracer: Tracer | None = None
) -> Gateway:
    """Create the gateway. It connects to nothing before the first request.

    The settings say which model server it asks and where it sends traces, unless these are given.

    Raises:
        KeyFileError: when the settings name a file of keys that cannot be read.
        SettingsError: when the settings ask for traces and the extra is missing.
    """
    app = Gateway("serving.gateway", static_folder=None)
    app.url_map.merge_slashes = False
    app.url_map.converters["word"] = Word
    predictor = predictor or GrpcPredictor(settings)
    if tracer is None and settings.trace_endpoint:
        tracer = _tracer(settings.trace_endpoint)
    if tracer is not None:
        predictor = tracer.traced(predictor)
    app.extensions[EXTENSION] = assemble(settings, predictor)
    _surround(app, settings, tracer)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def application() -> Gateway:
    """Create the gateway from this process's environment.

    Raises:
        SettingsError: naming the variable that is wrong.
    """
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    for name in unknown_variables(os.environ):
        log.warning("unknown setting %s: see docs/configuration.md", name)
    exempt_modules_from_collection()
    return create_app(settings)


def _tracer(endpoint: str) -> Tracer:
    try:
        from serving.gateway.telemetry import tracing
    except ImportError as error:
        raise SettingsError(
            "GATEWAY_TRACE_ENDPOINT needs the tracing extra: install requirements/serving-tracing.lock"
        ) from error
    return tracing.Tracer(tracing.OTLPSpanExporter(endpoint=endpoint))


def _surround(app: Flask, settings: Settings, tracer: Tracer | None) -> None:
    """Register the hooks, which run in this order before each request and in reverse order after it."""
    hooks.register(app, settings)
    if tracer is not None:
        tracer.register(app)
    cors.register(app, settings)
    auth.register(app, settings)
    if settings.rate_limit:
        from serving.gateway.middleware import rates

        rates.register(app, settings)
    problems.register(app)
