"""The gRPC services: method names, messages, and how a ``StatusError`` becomes a gRPC status."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import HealthServicer
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
    status_pb2,
)

from serving.model_server import metadata, predict
from serving.model_server.backend import Backend
from serving.model_server.catalog import Catalog
from serving.model_server.status import INTERNAL, Code, StatusError

_Q = TypeVar("_Q", bound=Message)
_A = TypeVar("_A", bound=Message)

log = logging.getLogger(__name__)

_HEALTHY = ("ModelService", "PredictionService")

CODES = {Code(code.value[0]): code for code in grpc.StatusCode}


def handlers(backend: Backend) -> list[grpc.GenericRpcHandler]:
    """The handlers of all methods that the server knows."""
    catalog, inference = backend.catalog, backend.inference
    prediction = {
        "Predict": _counted(
            backend,
            partial(predict.predict, catalog, as_content=backend.as_content),
            predict_pb2.PredictRequest,
        ),
        "Classify": _counted(backend, inference.classify, classification_pb2.ClassificationRequest),
        "Regress": _counted(backend, inference.regress, regression_pb2.RegressionRequest),
        "MultiInference": _unary(inference.multi, inference_pb2.MultiInferenceRequest),
        "GetModelMetadata": _unary(
            partial(metadata.get_metadata, catalog), get_model_metadata_pb2.GetModelMetadataRequest
        ),
    }
    model = {
        "GetModelStatus": _unary(
            partial(metadata.get_status, catalog), get_model_status_pb2.GetModelStatusRequest
        ),
        "HandleReloadConfigRequest": _unary(
            partial(_reload, catalog), model_management_pb2.ReloadConfigRequest
        ),
    }
    return [
        grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", prediction),
        grpc.method_handlers_generic_handler("tensorflow.serving.ModelService", model),
    ]


def _reload(
    catalog: Catalog, request: model_management_pb2.ReloadConfigRequest
) -> model_management_pb2.ReloadConfigResponse:
    catalog.apply(request.config)
    response = model_management_pb2.ReloadConfigResponse(status=status_pb2.StatusProto())
    for name in request.metric_names:
        response.metric.add(name=name, int64_value_increase=0)
    return response


def _counted(
    backend: Backend, answer: Callable[[_Q], _A], request_type: type[_Q]
) -> grpc.RpcMethodHandler[Any, Any]:
    api = request_type.DESCRIPTOR.name.removesuffix("Request")

    def count(request: _Q) -> _A:
        with backend.counted(request.model_spec.name, api, "GRPC"):  # type: ignore[attr-defined]
            return answer(request)

    return _unary(count, request_type)


def _unary(answer: Callable[[_Q], _A], request_type: type[_Q]) -> grpc.RpcMethodHandler[Any, Any]:
    def handle(request: _Q, context: grpc.ServicerContext) -> _A:
        try:
            return answer(request)
        except StatusError as error:
            failure = error
        except Exception:
            log.exception("%s failed", type(request).__name__)
            failure = StatusError(Code.INTERNAL, INTERNAL)
        context.abort(CODES[failure.code], failure.message)

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=request_type.FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )


def health() -> HealthServicer:
    """The standard health service; its services are SERVING while the process runs."""
    servicer = _Health()
    for service in _HEALTHY:
        servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
    return servicer


class _Health(HealthServicer):
    """Answers for an unknown service like TensorFlow Serving."""

    def Check(  # noqa: N802 - a method of the service
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """The state of the server or of a service."""
        if request.service not in ("", *_HEALTHY):
            context.abort(grpc.StatusCode.NOT_FOUND, "service name unknown")
        return super().Check(request, context)


class Unimplemented(grpc.GenericRpcHandler):
    """Answers unknown methods without a text, unlike grpcio's own answer. It comes last of the handlers."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        """Take any method."""
        del handler_call_details

        def refuse(request: bytes, context: grpc.ServicerContext) -> NoReturn:
            del request
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

        return grpc.unary_unary_rpc_method_handler(refuse)
