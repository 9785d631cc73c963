"""The gateway as a Flask app.

``create_app`` puts one together from settings; ``application`` does so from the environment, for gunicorn:

    gunicorn -c serving/gateway/gunicorn_conf.py 'serving.gateway.app:application()'
"""

from __future__ import annotations

import logging.config
import os

from flask import Flask

from serving.gateway import classify, health, hooks, inference_v2, logs, models, predict, problems
from serving.gateway.grpc_predictor import GrpcPredictor
from serving.gateway.page import blueprint as page
from serving.gateway.predictor import Predictor
from serving.gateway.services import EXTENSION, assemble
from serving.gateway.settings import Settings, unknown_variables

log = logging.getLogger(__name__)

BLUEPRINTS = (
    classify.blueprint,
    predict.blueprint,
    models.blueprint,
    inference_v2.blueprint,
    health.blueprint,
    page,
)


def create_app(settings: Settings, predictor: Predictor | None = None) -> Flask:
    """The gateway for these settings; nothing connects before the first request.

    Args:
        settings: what it is told.
        predictor: the model server; TensorFlow Serving at ``settings.model_server`` when None.
    """
    app = Flask("serving.gateway", static_folder=None)
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = assemble(settings, predictor or GrpcPredictor(settings))
    hooks.register(app, settings)
    problems.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def application() -> Flask:
    """The gateway for this process's environment.

    Raises:
        SettingsError: naming the variable that is wrong.
    """
    settings = Settings.from_env()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    for name in unknown_variables(os.environ):
        log.warning("unknown setting %s: see docs/configuration.md", name)
    return create_app(settings)
