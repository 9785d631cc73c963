"""From flags to a running server: log, versions, and how a start that fails is told."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version

import tensorflow as tf

from serving.model_server import server
from serving.model_server.flags import Flags
from serving.model_server.status import StatusError

_FAILED = 255


def run(flags: Flags) -> int:
    """Serve, or print the versions; return the exit status."""
    if flags.version:
        print(f"TensorFlow ModelServer: {version('tensorflow-serving-api')}-embedded")
        print(f"TensorFlow Library: {tf.__version__}")
        return 0
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s] %(message)s", stream=sys.stderr
    )
    tf.get_logger().setLevel(logging.ERROR)
    try:
        server.serve(flags)
    except StatusError as error:
        if error.__cause__:
            print(error.__cause__, file=sys.stderr)
        print(f"Failed to start server. Error: {error}", flush=True)
        return _FAILED
    return 0
