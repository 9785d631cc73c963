"""The gRPC services: method names, messages, and how a ``StatusError`` becomes a gRPC status."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

from serving.model_server import metadata, predict
from serving.model_server.catalog import Catalog
from serving.model_server.status import Code, StatusError

CODES = {Code(code.value[0]): code for code in grpc.StatusCode}


def handlers(catalog: Catalog, *, as_content: bool) -> list[grpc.GenericRpcHandler]:
    """Everything the server answers; methods it does not know get UNIMPLEMENTED with no text.

    Args:
        catalog: the models.
        as_content: whether Predict packs its outputs into ``tensor_content``.
    """
    prediction = {
        "Predict": _unary(
            partial(predict.predict, catalog, as_content=as_content), predict_pb2.PredictRequest
        ),
        "GetModelMetadata": _unary(
            partial(metadata.get_metadata, catalog), get_model_metadata_pb2.GetModelMetadataRequest
        ),
    }
    model = {
        "GetModelStatus": _unary(
            partial(metadata.get_status, catalog), get_model_status_pb2.GetModelStatusRequest
        ),
    }
    return [
        grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", prediction),
        grpc.method_handlers_generic_handler("tensorflow.serving.ModelService", model),
        _Unimplemented(),
    ]


def _unary(answer: Callable[[Any], Any], request_type: Any) -> grpc.RpcMethodHandler[Any, Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(request)
        except StatusError as error:
            context.abort(CODES[error.code], error.message)

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=request_type.FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )


class _Unimplemented(grpc.GenericRpcHandler):
    """Asked last; grpcio's own answer would carry a text that TensorFlow Serving does not send."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        """Take any method."""
        del handler_call_details

        def refuse(request: bytes, context: grpc.ServicerContext) -> bytes:
            del request
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
            return b""

        return grpc.unary_unary_rpc_method_handler(refuse)
