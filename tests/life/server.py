"""The embedded model server in this process: its own catalog and gRPC services, with versions of one file."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import grpc
from tensorflow_serving.apis import model_pb2

from serving.model_server import configuration, services
from serving.model_server.backend import Backend
from serving.model_server.catalog import Catalog
from serving.model_server.examples import Inference
from serving.model_server.loaded_version import Retries
from serving.model_server.monitoring import ServerMetrics
from serving.model_server.status import Code, StatusError

BROKEN = "broken"


class Loaded:
    """A version in memory: what its file says."""

    def __init__(self, path: Path) -> None:
        self.content = (path / "saved_model.pb").read_text()
        if self.content.startswith("slow"):
            time.sleep(0.05)
        if self.content.startswith(BROKEN):
            raise StatusError(Code.DATA_LOSS, "it is broken")

    def close(self) -> None:
        """Nothing to free."""


class Server:
    """Serves what a configuration file says, reads it again and again, and looks for new versions.

    Attributes:
        address: of its gRPC.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._catalog = Catalog(Loaded, Retries(0), poll_seconds=0.02, labels_may_wait=True)  # type: ignore[arg-type]
        self._catalog.apply(configuration.read(file))
        backend = Backend(
            self._catalog, Inference(self._catalog, check_method=False), ServerMetrics(), as_content=False
        )
        self._server = grpc.server(ThreadPoolExecutor(4), handlers=services.handlers(backend))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self._ended = threading.Event()
        for work in (self._catalog.watch, self._read_again):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        """End it as a kill does, without telling anybody."""
        self._ended.set()
        self._server.stop(0).wait()
        self._catalog.close()

    def available(self, model: str) -> set[int]:
        """The versions that answer now."""
        found = self._catalog.model(model)
        return set(found.available()) if found else set()

    def answer(self, model: str, label: str = "") -> tuple[int, str]:
        """The version that answers a call, and what it answers.

        Raises:
            StatusError: when none does.
        """
        spec = model_pb2.ModelSpec(name=model)
        if label:
            spec.version_label = label
        with self._catalog.lease(spec) as found:
            return found.version, found.servable.content  # type: ignore[attr-defined]

    def _read_again(self) -> None:
        while not self._ended.wait(0.05):
            try:
                self._catalog.apply_newest(partial(configuration.read, self._file))
            except StatusError:
                continue  # as it is now stays
