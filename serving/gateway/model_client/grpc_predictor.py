"""Calls to TensorFlow Serving over gRPC."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from serving.errors import ModelError, ModelTimeout, NotFound
from serving.gateway.model_client.channel import open_channel
from serving.gateway.model_client.grpc_status import error_for
from serving.gateway.model_client.predictor import CallContext, Reply, Signatures, VersionStatus
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.signatures import signature_from
from serving.wire.tensors import Array, WireError, from_proto, to_proto

PREDICT = "/tensorflow.serving.PredictionService/Predict"
METADATA = "/tensorflow.serving.PredictionService/GetModelMetadata"
STATUS = "/tensorflow.serving.ModelService/GetModelStatus"

# Together longer than the channel waits before it reconnects, or a server that just returned is missed.
RETRY_PAUSES = (0.02, 0.1, 0.3, 0.3)
MAX_REQUEST_IDS = 32
Method = grpc.aio.UnaryUnaryMultiCallable
M = TypeVar("M", bound=Message)

log = logging.getLogger(__name__)


class GrpcPredictor:
    """A ``Predictor`` with its own channel, which the first call opens on the loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._channel: grpc.aio.Channel | None = None
        self._methods: dict[str, Method[Any, Any]] = {}

    async def predict(
        self, ref: ModelRef, signature: str, inputs: Mapping[str, Array], context: CallContext
    ) -> Reply:
        """See ``Predictor``."""
        request = pb.PredictRequest(model_spec=_spec(ref, signature))
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(to_proto(array))
        response = await self._call(PREDICT, request, pb.PredictResponse, context)
        if not response.model_spec.HasField("version"):
            raise ModelError("The model server did not say which version answered.")
        try:
            outputs = {name: from_proto(tensor) for name, tensor in response.outputs.items()}
        except WireError as error:
            raise ModelError(f"The model server's reply has a broken tensor: {error}.") from error
        return Reply(response.model_spec.version.value, outputs)

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        """See ``Predictor``."""
        request = pb.GetModelStatusRequest(model_spec=pb.ModelSpec(name=name))
        response = await self._call(STATUS, request, pb.GetModelStatusResponse, context)
        versions = [
            VersionStatus(each.version, _state(each.state), each.status.error_message)
            for each in response.model_version_status
        ]
        return sorted(versions, reverse=True)

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """See ``Predictor``."""
        request = pb.GetModelMetadataRequest(model_spec=_spec(ref), metadata_field=["signature_def"])
        response = await self._call(METADATA, request, pb.GetModelMetadataResponse, context)
        packed = response.metadata.get("signature_def")
        if packed is None:
            raise ModelError("The model server did not describe the model's signatures.")
        try:
            found = pb.SignatureDefMap.FromString(packed.value).signature_def
        except DecodeError as error:
            raise ModelError("The model's signatures cannot be read.") from error
        by_name = {name: signature_from(definition) for name, definition in found.items()}
        return Signatures(response.model_spec.version.value, by_name)

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            await self._channel.close()
        self._channel, self._methods = None, {}

    async def _call(self, method: str, request: Message, response: type[M], context: CallContext) -> M:
        """Call the server, and retry while it cannot be reached and time is left.

        Raises:
            ServiceError: the reply cannot be read, or the error that ``grpc_status`` has for the status.
        """
        content, ids = request.SerializeToString(), ",".join(context.request_ids[:MAX_REQUEST_IDS])
        headers = {"x-request-id": ids, "traceparent": context.traceparent}
        metadata = tuple((name, value) for name, value in headers.items() if value)
        for pause in (*RETRY_PAUSES, None):
            remaining = context.deadline.remaining()
            if remaining <= 0:
                raise ModelTimeout("The deadline passed before the model was called. Allow more time.")
            call = self._methods.get(method) or self._open(method)
            try:
                return response.FromString(await call(content, timeout=remaining, metadata=metadata))
            except DecodeError as error:
                raise ModelError("The model server's reply cannot be read.") from error
            except grpc.aio.AioRpcError as error:
                code, details = error.code(), error.details() or ""
            away = code is grpc.StatusCode.UNAVAILABLE
            if not away or pause is None or context.deadline.remaining() <= pause:
                break
            await asyncio.sleep(pause)
        told = error_for(code, details)
        level = logging.INFO if isinstance(told, NotFound) else logging.WARNING
        log.log(level, "model server answered %s: %s", code.name, details, extra={"request_id": ids})
        raise told.again()

    def _open(self, method: str) -> Method[Any, Any]:
        """A method called by its path, with serialized messages, as there are no stubs."""
        self._channel = self._channel or open_channel(self._settings)
        return self._methods.setdefault(method, self._channel.unary_unary(method))


def _state(number: int) -> str:
    """The name of a state; a number that only a newer server knows becomes UNKNOWN."""
    known = pb.ModelVersionStatus.State.values()
    return pb.ModelVersionStatus.State.Name(number if number in known else pb.ModelVersionStatus.UNKNOWN)


def _spec(ref: ModelRef, signature: str = "") -> pb.ModelSpec:
    spec = pb.ModelSpec(name=ref.name, signature_name=signature)
    if ref.version is not None:
        spec.version.value = ref.version
    elif ref.label is not None:
        spec.version_label = ref.label
    return spec
