"""Gives ``python -m serving models`` access to a worker's models, by TensorFlow Serving's ModelService.

Each worker listens on a Unix socket that only its user can open, and announces itself beside the models. The
command then switches every worker like a model server.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc

from serving.model_server import services
from serving.model_server.backend import Backend
from serving.model_server.catalog import Catalog
from serving.model_server.examples import Inference
from serving.model_server.monitoring import ServerMetrics
from serving.store.running import Running, announced

log = logging.getLogger(__name__)


@contextmanager
def controllable(catalog: Catalog, models_dir: Path, gateway: str) -> Iterator[None]:
    """Serve a catalogue's ModelService over gRPC within this block.

    Args:
        catalog: this worker's models.
        models_dir: where the worker announces itself.
        gateway: the URL of the gateway that the worker is part of.
    """
    backend = Backend(catalog, Inference(catalog), ServerMetrics())
    with tempfile.TemporaryDirectory(prefix="mnist-worker-") as folder, ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads, handlers=services.handlers(backend))
        address = f"unix:{folder}/{os.getpid()}.sock"
        server.add_insecure_port(address)
        server.start()
        try:
            with announced(models_dir, Running(address, gateway)) as found:
                if not found:
                    log.warning("%s is read-only: `models` commands cannot find this worker", models_dir)
                yield
        finally:
            server.stop(grace=None).wait()
