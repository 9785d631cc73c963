"""A running model server taken from one configuration to the next without a gap, over gRPC."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tensorflow_serving.config import model_server_config_pb2 as pb

from serving.administration.changes import serving
from serving.administration.configuration import entry_of, replace, write
from serving.administration.errors import AdministrationError

if TYPE_CHECKING:
    # Its import takes seconds, and most commands can do without.
    from tensorflow_serving.apis import model_service_pb2_grpc

# For a version to be loaded.
_SECONDS = 60


def switch(
    address: str, model: str, before: pb.ModelServerConfig, after: pb.ModelServerConfig, file: Path
) -> None:
    """Take a running server from one configuration to the next without a gap.

    A server refuses a label for a version that is not loaded, so the versions of both are loaded first. The
    file goes along at every step: a server that reads it again meanwhile would undo what it was told.

    Raises:
        AdministrationError: when it cannot be reached, refuses, or cannot load a version.
    """
    import grpc
    from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

    between = pb.ModelServerConfig()
    between.CopyFrom(before)
    entry, wanted = entry_of(between, model), serving(entry_of(after, model))
    both = serving(entry) | wanted
    entry.model_version_policy.Clear()
    entry.model_version_policy.specific.versions.extend(sorted(both))
    kept = file.read_bytes() if file.is_file() else None
    try:
        with grpc.insecure_channel(address) as channel:
            service = model_service_pb2_grpc.ModelServiceStub(channel)
            for config in (between, after):
                write(config, file)
                reload = model_management_pb2.ReloadConfigRequest(config=config)
                service.HandleReloadConfigRequest(reload, timeout=_SECONDS)
                _wait_for(service, model, wanted)
    except (grpc.RpcError, AdministrationError) as error:
        replace(file, kept)
        if isinstance(error, AdministrationError):
            raise
        raise AdministrationError(f"nothing is changed: {address} says {error.details()}") from error


def _wait_for(service: model_service_pb2_grpc.ModelServiceStub, model: str, wanted: set[int]) -> None:
    """Wait until the versions are AVAILABLE."""
    from tensorflow_serving.apis import get_model_status_pb2

    states = get_model_status_pb2.ModelVersionStatus
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        found = {status.version: status for status in service.GetModelStatus(request).model_version_status}
        if all(number in found and found[number].state == states.AVAILABLE for number in wanted):
            return
        for number in wanted & found.keys():
            if found[number].status.error_code:
                reason = found[number].status.error_message
                raise AdministrationError(f"version {number} of {model} cannot be loaded: {reason}")
        time.sleep(0.1)
    raise AdministrationError(f"{model} was not loaded within {_SECONDS} s; its log says why")
