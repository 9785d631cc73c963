"""A ``Predictor`` with the models in this process, using the embedded server's catalogue."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import grpc
from tensorflow_serving.apis import model_pb2

from serving.errors import ModelTimeout
from serving.gateway.model_client.grpc_status import error_for
from serving.gateway.model_client.predictor import CallContext, Reply, Signatures, VersionStatus
from serving.gateway.names import ModelRef
from serving.local.control import controllable
from serving.model_server import configuration, loading, predict
from serving.model_server.catalog import Catalog
from serving.model_server.flags import Flags
from serving.model_server.status import StatusError
from serving.wire.signatures import signature_from
from serving.wire.tensors import Array

QUICK_VALUES = 64 * 28 * 28
"""Inputs of up to this many values run on the event loop, which is faster than handing them to a thread."""
REREAD_SECONDS = 1.0
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}

log = logging.getLogger(__name__)


class LocalPredictor:
    """Models in this process.

    They load in the background. Until then calls fail as if a model server could not be reached.

    Args:
        config: the file of models, which is read again every ``REREAD_SECONDS``.
        gateway: the gateway's URL, for ``python -m serving models``.
    """

    def __init__(self, config: Path, gateway: str = "") -> None:
        self._config, self._gateway = config, gateway
        flags = Flags(allow_version_labels_for_unavailable_models=True, max_num_load_retries=1)
        self._catalog: Catalog = loading.make_catalog(flags, None)
        self._stop, self._loaded = threading.Event(), threading.Event()
        for work in (self._follow_configuration, self._catalog.watch, self._be_controllable):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def wait_until_loaded(self, seconds: float) -> bool:
        """Wait for the first models, for at most ``seconds``; returns whether they are loaded."""
        return self._loaded.wait(seconds)

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """See ``Predictor``."""
        if not context.deadline.remaining():
            raise ModelTimeout("The deadline passed before the model was called. Allow more time.")
        call = partial(self._predict, ref, signature, inputs)
        if sum(array.size for array in inputs.values()) <= QUICK_VALUES:
            return call()
        done = asyncio.get_running_loop().run_in_executor(None, call)
        try:
            return await asyncio.wait_for(done, context.deadline.remaining())
        except asyncio.TimeoutError as error:
            raise ModelTimeout("The model did not answer before the deadline.") from error
        finally:
            del done  # a failed future and this frame would keep each other alive

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:  # noqa: ARG002
        """See ``Predictor``."""
        model = self._catalog.model(name)
        if model is None:
            raise error_for(grpc.StatusCode.NOT_FOUND, "")
        return [
            VersionStatus(number, state.name, str(error or "")) for number, state, error in model.statuses()
        ]

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:  # noqa: ARG002
        """See ``Predictor``."""
        try:
            with self._catalog.lease(_spec(ref)) as found:
                known = found.servable.signatures
                by_name = {name: signature_from(each.definition) for name, each in known.items()}
                return Signatures(found.version, by_name)
        except StatusError as error:
            raise _error(error) from None

    async def close(self) -> None:
        """Unload the models, and end the threads."""
        self._stop.set()
        self._loaded.set()
        await asyncio.get_running_loop().run_in_executor(None, self._catalog.close)

    def _predict(self, ref: ModelRef, name: str, inputs: Mapping[str, Array]) -> Reply:
        try:
            with self._catalog.lease(_spec(ref)) as found:
                signature = predict.find_signature(found.servable, name)
                outputs = predict.run(found.servable, signature, dict(inputs), [])
                return Reply(found.version, outputs)
        except StatusError as error:
            raise _error(error) from None

    def _be_controllable(self) -> None:
        self._loaded.wait()  # before this, callers cannot reach this worker
        with controllable(self._catalog, self._config.parent, self._gateway):
            self._stop.wait()

    def _follow_configuration(self) -> None:
        """Apply the file of models repeatedly; if it is refused, nothing changes."""
        told = ""
        while not self._stop.is_set():
            failure = ""
            try:
                self._catalog.apply(configuration.read(self._config))
                self._loaded.set()
            except StatusError as error:
                failure = str(error)
            if failure and failure != told:
                log.error("Failed to apply %s: %s", self._config, failure)
            told = failure
            self._stop.wait(REREAD_SECONDS)


def _spec(ref: ModelRef) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(name=ref.name)
    if ref.version is not None:
        spec.version.value = ref.version
    elif ref.label is not None:
        spec.version_label = ref.label
    return spec


def _error(error: StatusError) -> Exception:
    return error_for(_STATUS_CODES[int(error.code)], error.message)
