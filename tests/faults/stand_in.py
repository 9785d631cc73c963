"""A model server that can be told to go wrong: real gRPC, the gateway's own messages, answers as ordered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

import grpc
import numpy as np

from serving.contract import (
    INPUT_IMAGES,
    OUTPUT_CARD,
    OUTPUT_LABELS,
    OUTPUT_PROBABILITIES,
    SIGNATURE_DESCRIBE,
    SIGNATURE_PREDICT,
)
from serving.gateway.model_client.grpc_predictor import METADATA, PREDICT, STATUS
from serving.wire import tensorflow_serving_pb2 as pb
from serving.wire.tensors import Array, from_proto, to_proto
from tests.faults import known_model

THREADS = 64
DESCRIBE = "describe"
"""Stands for Predict of the signature ``describe`` in ``StandIn.faults``."""

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
Call = Callable[[], bytes]
Fault = Callable[[Call, grpc.ServicerContext], bytes]
"""Answers a call: gets the right answer as a function, and the call's context."""


@dataclass
class StandIn(grpc.GenericRpcHandler):
    """Serves ``known_model`` in one version, rightly but where a fault is ordered.

    Attributes:
        version: that answers.
        faults: by method (``PREDICT``, ``METADATA``, ``STATUS``) or ``DESCRIBE``.
        by_model: faults of every call to one model, whatever the method; other names answer as usual.
        calls: how many calls came.
        port: where it listens on 127.0.0.1, the same after a restart.
    """

    version: int = 1
    faults: dict[str, Fault] = field(default_factory=dict)
    by_model: dict[str, Fault] = field(default_factory=dict)
    calls: int = 0
    port: int = 0
    _server: grpc.Server | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Listen."""
        pool = ThreadPoolExecutor(THREADS, "stand-in")
        self._server = grpc.server(pool, handlers=[self], options=[("grpc.so_reuseport", 0)])
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        self._server.start()

    def stop(self) -> None:
        """Be gone, and with it every call under way."""
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None

    def heal(self) -> None:
        """Answer rightly from now on."""
        self.faults.clear()
        self.by_model.clear()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """See ``grpc.GenericRpcHandler``."""
        method = handler_call_details.method
        answers = {PREDICT: self._predict, METADATA: self._metadata, STATUS: self._status}
        if method not in answers:
            return None

        def handle(content: bytes, context: grpc.ServicerContext) -> bytes:
            with self._lock:
                self.calls += 1
            return answers[method](content, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def _faulty(self, name: str, model: str, answer: Call, context: grpc.ServicerContext) -> bytes:
        fault = self.by_model.get(model) or self.faults.get(name)
        return fault(answer, context) if fault else answer()

    def _predict(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        request = pb.PredictRequest.FromString(content)
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else self.version
        images = from_proto(request.inputs[INPUT_IMAGES])
        describing = spec.signature_name == SIGNATURE_DESCRIBE
        make = described if describing else predicted
        name = DESCRIBE if describing else PREDICT
        return self._faulty(name, spec.name, lambda: make(version, images).SerializeToString(), context)

    def _metadata(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        model = pb.GetModelMetadataRequest.FromString(content).model_spec.name
        return self._faulty(METADATA, model, lambda: signatures(self.version).SerializeToString(), context)

    def _status(self, content: bytes, context: grpc.ServicerContext) -> bytes:
        model = pb.GetModelStatusRequest.FromString(content).model_spec.name
        response = pb.GetModelStatusResponse()
        response.model_version_status.add(version=self.version, state=pb.ModelVersionStatus.AVAILABLE)
        return self._faulty(STATUS, model, response.SerializeToString, context)


def reply(version: int, **outputs: Array) -> pb.PredictResponse:
    """A reply to Predict."""
    response = pb.PredictResponse(model_spec=pb.ModelSpec(name=known_model.NAME))
    response.model_spec.version.value = version
    for name, array in outputs.items():
        response.outputs[name].CopyFrom(to_proto(array))
    return response


def predicted(version: int, images: Array) -> pb.PredictResponse:
    """The right answer of ``serving_default``."""
    rows = known_model.probabilities(known_model.kind_of(version), images)
    return reply(version, **{OUTPUT_PROBABILITIES: rows})


def described(version: int, images: Array) -> pb.PredictResponse:
    """The right answer of ``describe``."""
    card = known_model.card(known_model.kind_of(version))
    labels = np.array([[label.encode() for label in card.labels]] * len(images), object)
    cards = np.array([card.to_json().encode()] * len(images), object)
    return reply(version, **{OUTPUT_LABELS: labels, OUTPUT_CARD: cards})


def signatures(version: int) -> pb.GetModelMetadataResponse:
    """The right answer to GetModelMetadata."""
    definition = pb.SignatureDef(method_name="tensorflow/serving/predict")
    for info, sizes in (
        (definition.inputs[INPUT_IMAGES], (-1, 28, 28, 1)),
        (definition.outputs[OUTPUT_PROBABILITIES], (-1, known_model.CLASSES)),
    ):
        info.dtype = pb.DT_FLOAT
        for size in sizes:
            info.tensor_shape.dim.add(size=size)
    definitions = pb.SignatureDefMap()
    definitions.signature_def[SIGNATURE_PREDICT].CopyFrom(definition)
    response = pb.GetModelMetadataResponse(model_spec=pb.ModelSpec(name=known_model.NAME))
    response.model_spec.version.value = version
    response.metadata["signature_def"].value = definitions.SerializeToString()
    return response
