"""A client for running model servers, over gRPC. Every call has a timeout."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.direct import channel_options
from serving.quiet import native_messages_dropped
from serving.store.errors import StoreError

CALL_SECONDS = 10.0
_POLL_SECONDS = 0.1
_LOADING, _AVAILABLE, _END = 20, 30, 50  # ModelVersionStatus.State

T = TypeVar("T")


class Unreachable(StoreError):
    """No model server answers at the address."""


@dataclass(frozen=True)
class ServerVersion:
    """The state of a version in a model server.

    Attributes:
        state: a number of ``ModelVersionStatus.State``.
        error: why it could not be loaded, or an empty string.
    """

    state: int
    error: str


class ModelServer:
    """One model server.

    Args:
        address: ``HOST:PORT`` of its gRPC port.
        patience: seconds to wait for a version to be loaded.
    """

    def __init__(self, address: str, patience: float = 60.0) -> None:
        self.address, self._patience = address, patience

    def reload(self, config: pb.ModelServerConfig) -> None:
        """Give the server another configuration.

        Raises:
            Unreachable: nothing answers at the address.
            StoreError: the server refuses, with its reason, or takes too long.
        """
        request = _apis().model_management_pb2.ReloadConfigRequest(config=config)
        # A new model is loaded within this call.
        self._call(lambda stub: stub.HandleReloadConfigRequest(request, timeout=self._patience))

    def versions(self, model: str) -> dict[int, ServerVersion]:
        """The versions of a model that the server knows, by number; empty for an unknown model.

        Raises:
            Unreachable: nothing answers at the address.
            StoreError: the server cannot answer.
        """
        request = _apis().get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        reply = self._call(lambda stub: stub.GetModelStatus(request, timeout=CALL_SECONDS), missing=None)
        return {
            each.version: ServerVersion(
                each.state, each.status.error_message or str(each.status.error_code or "")
            )
            for each in (reply.model_version_status if reply else ())
        }

    def serves(self, model: str) -> set[int]:
        """The versions of a model that serve now; raises like ``versions``."""
        return {number for number, each in self.versions(model).items() if each.state == _AVAILABLE}

    def holds(self, model: str) -> set[int]:
        """The versions of a model that are loaded, being loaded or being unloaded."""
        return {number for number, each in self.versions(model).items() if each.state != _END}

    def wait_for(self, model: str, wanted: set[int], *, alone: bool = False) -> None:
        """Wait until these versions serve.

        Args:
            model: the model's name.
            wanted: the versions.
            alone: wait also until no other version serves.

        Raises:
            StoreError: one of them cannot be loaded, or not in time.
        """
        end = time.monotonic() + self._patience
        while True:
            found = self.versions(model)
            serving = {number for number, each in found.items() if each.state == _AVAILABLE}
            if serving == wanted or (wanted <= serving and not alone):
                return
            for number in sorted(wanted & found.keys()):
                if found[number].state == _END and found[number].error:
                    raise StoreError(f"version {number} of {model} cannot be loaded: {found[number].error}")
            if time.monotonic() > end:
                raise StoreError(f"{self.address} did not finish within {self._patience:g} s")
            time.sleep(_POLL_SECONDS)

    def _call(self, call: Callable[[Any], T], **missing: T) -> T:
        import grpc

        with self._stub() as stub:
            try:
                return call(stub)
            except grpc.RpcError as error:
                code, words = error.code(), error.details()
                if code == grpc.StatusCode.NOT_FOUND and missing:
                    return missing["missing"]
                kind = Unreachable if code == grpc.StatusCode.UNAVAILABLE else StoreError
                raise kind(f"{self.address} says {code.name}: {words}") from error

    @contextmanager
    def _stub(self) -> Iterator[Any]:
        import grpc

        with grpc.insecure_channel(self.address, channel_options(self.address)) as channel:
            yield _apis().model_service_pb2_grpc.ModelServiceStub(channel)


def _apis() -> Any:  # noqa: ANN401 - a package without type information
    """TensorFlow Serving's messages and stubs.

    Importing them takes seconds and loads TensorFlow, and most commands do not need them.
    """
    with native_messages_dropped():
        from tensorflow_serving import apis
        from tensorflow_serving.apis import (  # noqa: F401
            get_model_status_pb2,
            model_management_pb2,
            model_service_pb2_grpc,
        )
    return apis
