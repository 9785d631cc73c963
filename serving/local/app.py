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
from serving.listening import joined
from serving.startup import importing_tensorflow

CONFIG_VARIABLE = "MODEL_CONFIG_FILE"
"""Set by ``python -m serving``."""
BOOT_SECONDS = 20.0
"""A worker accepts no connection before its models are loaded, so one that replaces another answers at once.
It is less than gunicorn allows for a start."""

log = logging.getLogger(__name__)


def application() -> Gateway:
    """Create the gateway from this process's environment, with the models that ``MODEL_CONFIG_FILE`` lists.

    Raises:
        SettingsError: a variable is wrong; the message names it.
    """
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    with importing_tensorflow():
        from serving.local.predictor import LocalPredictor
    config = Path(os.environ.get(CONFIG_VARIABLE, ""))
    if not config.is_file():
        raise SettingsError(f"{CONFIG_VARIABLE}={str(config)!r}: there is no such file")
    predictor = LocalPredictor(config, f"http://{joined(settings.host, settings.port)}")
    if not predictor.wait_until_loaded(BOOT_SECONDS):
        log.warning(
            "the models are still loading after %g s: requests get 503 until they are loaded", BOOT_SECONDS
        )
    return create_app(settings, predictor)
