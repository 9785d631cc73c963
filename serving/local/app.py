"""The gateway with the models in its workers.

gunicorn -c python:serving.gateway.gunicorn_conf 'serving.local.app:application()'
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from serving.gateway.app import Gateway, create_app
from serving.gateway.settings.settings import Settings, SettingsError
from serving.gateway.telemetry import logs
from serving.local.predictor import LocalPredictor

CONFIG_VARIABLE = "MODEL_CONFIG_FILE"
"""Set by ``python -m serving --in-workers``."""


def application() -> Gateway:
    """The gateway for this process's environment, with the models that ``MODEL_CONFIG_FILE`` lists.

    Raises:
        SettingsError: naming the variable that is wrong.
    """
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its deprecations tell users nothing
    config = Path(os.environ.get(CONFIG_VARIABLE, ""))
    if not config.is_file():
        raise SettingsError(f"{CONFIG_VARIABLE}={str(config)!r}: there is no such file")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return create_app(settings, LocalPredictor(config, f"http://{host}:{settings.port}"))
