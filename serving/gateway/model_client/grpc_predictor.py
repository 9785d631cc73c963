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
from serving.gateway.model_client.replies import reply_from, signatures_from, statuses_from
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import Array, to_proto

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
        content = await self._call(PREDICT, request.SerializeToString(), context)
        return reply_from(_parse(pb.PredictResponse(), content))

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        """See ``Predictor``."""
        request = pb.GetModelStatusRequest(model_spec=pb.ModelSpec(name=name))
        content = await self._call(STATUS, request.SerializeToString(), context)
        return statuses_from(_parse(pb.GetModelStatusResponse(), content))

    async def signatures(self, ref: ModelRef, context: CallContext) -> Signatures:
        """See ``Predictor``."""
        request = pb.GetModelMetadataRequest(model_spec=_spec(ref), metadata_field=["signature_def"])
        content = await self._call(METADATA, request.SerializeToString(), context)
        return signatures_from(_parse(pb.GetModelMetadataResponse(), content))

    async def close(self) -> None:
        """See ``Predictor``."""
        if self._channel is not None:
            await self._channel.close()
        self._channel, self._methods = None, {}

    async def _call(self, method: str, request: bytes, context: CallContext) -> bytes:
        """Call the server, and retry while it cannot be reached and time is left.

        Raises:
            ServiceError: the error that ``grpc_status`` has for the server's status.
        """
        for pause in (*RETRY_PAUSES, None):
            try:
                return await self._call_once(method, request, context)
            except grpc.aio.AioRpcError as error:
                code, details = error.code(), error.details() or ""
            away = code is grpc.StatusCode.UNAVAILABLE
            if not away or pause is None or context.deadline.remaining() <= pause:
                break
            await asyncio.sleep(pause)
        told = error_for(code, details)
        level = logging.INFO if isinstance(told, NotFound) else logging.WARNING
        log.log(level, "model server answered %s: %s", code.name, details, extra=_log_fields(context))
        raise told.again()

    async def _call_once(self, method: str, request: bytes, context: CallContext) -> bytes:
        remaining = context.deadline.remaining()
        if remaining <= 0:
            raise ModelTimeout("The deadline passed before the model was called. Allow more time.")
        call = self._methods.get(method) or self._open(method)
        reply: bytes = await call(request, timeout=remaining, metadata=_metadata(context))
        return reply

    def _open(self, method: str) -> Method[Any, Any]:
        if self._channel is None:
            self._channel = open_channel(self._settings)
            # Without stubs: methods are called by path, with serialized messages.
            self._methods = {name: self._channel.unary_unary(name) for name in (PREDICT, METADATA, STATUS)}
        return self._methods[method]


def _parse(message: M, content: bytes) -> M:
    """Parse a reply into an empty message.

    Raises:
        ModelError: the bytes are not such a message.
    """
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise ModelError("The model server's reply cannot be read.") from error
    return message


def _spec(ref: ModelRef, signature: str = "") -> pb.ModelSpec:
    spec = pb.ModelSpec(name=ref.name, signature_name=signature)
    if ref.version is not None:
        spec.version.value = ref.version
    elif ref.label is not None:
        spec.version_label = ref.label
    return spec


def _metadata(context: CallContext) -> tuple[tuple[str, str], ...]:
    metadata = []
    if context.request_ids:
        metadata.append(("x-request-id", ",".join(context.request_ids[:MAX_REQUEST_IDS])))
    if context.traceparent:
        metadata.append(("traceparent", context.traceparent))
    return tuple(metadata)


def _log_fields(context: CallContext) -> dict[str, str]:
    return {"request_id": ",".join(context.request_ids[:MAX_REQUEST_IDS])}
