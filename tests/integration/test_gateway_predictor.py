"""The gateway's gRPC against a scripted model server that speaks the official messages."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis import get_model_status_pb2
from tensorflow_serving.apis import predict_pb2 as pb

from serving.errors import ModelError, ModelTimeout, ModelUnavailable, NotFound, Overloaded, ServiceError
from serving.gateway.deadline import Deadline
from serving.gateway.model_client.grpc_predictor import METADATA, PREDICT, STATUS, GrpcPredictor
from serving.gateway.model_client.predictor import CallContext, Reply
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import wait_for
from serving.gateway.settings.settings import Settings
from tests.waiting import eventually

DIGITS = ModelRef("digits")
IMAGES = {"images": np.zeros((1, 28, 28, 1), np.float32)}

Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
Answer = Callable[[bytes, grpc.ServicerContext], bytes]


@dataclass
class ModelServer(grpc.GenericRpcHandler):
    """Answers each method, in raw bytes, as a test says."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, bytes, dict[str, str], float]] = field(default_factory=list)
    server: grpc.Server | None = None
    port: int = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        answer = self.answers.get(handler_call_details.method)
        if answer is None:
            return None

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            metadata = {key: str(value) for key, value in context.invocation_metadata()}
            self.requests.append((handler_call_details.method, request, metadata, context.time_remaining()))
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def start(self, credentials: grpc.ServerCredentials | None = None) -> None:
        self.server = grpc.server(ThreadPoolExecutor(8), handlers=[self], options=[("grpc.so_reuseport", 0)])
        address = f"127.0.0.1:{self.port}"
        if credentials is None:
            self.port = self.server.add_insecure_port(address)
        else:
            self.port = self.server.add_secure_port(address, credentials)
        self.server.start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop(0).wait()
            self.server = None


def predicted(values: list[float], **tensor: Any) -> Answer:  # noqa: ANN401 - fields of the message
    """An answer to Predict in the official messages."""
    response = pb.PredictResponse()
    response.model_spec.name = "digits"
    response.model_spec.version.value = 7
    output = response.outputs["probabilities"]
    output.dtype = tensor.get("dtype", 1)
    output.tensor_shape.dim.add(size=tensor.get("size", len(values)))
    output.float_val.extend(values)
    return lambda _request, _context: response.SerializeToString()


def aborting(code: grpc.StatusCode, details: str = "") -> Answer:
    def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(code, details)

    return answer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def predictor(server: ModelServer) -> Iterator[GrpcPredictor]:
    predictor = GrpcPredictor(Settings(model_server=f"127.0.0.1:{server.port}"))
    yield predictor
    wait_for(predictor.close())


def context(seconds: float = 5.0) -> CallContext:
    return CallContext(Deadline.after(seconds), ("one", "two"), "00-aa-bb-01")


def ask(predictor: GrpcPredictor, seconds: float = 5.0, ref: ModelRef = DIGITS) -> Reply:
    """The reply to one picture."""
    return wait_for(predictor.predict(ref, "serving_default", IMAGES, context(seconds)))


def test_a_request_is_read_by_the_official_messages(server: ModelServer, predictor: GrpcPredictor) -> None:
    server.answers[PREDICT] = predicted([0.25, 0.75])
    reply = ask(predictor, ref=ModelRef("digits", 7))
    assert reply.version == 7
    assert reply.outputs["probabilities"].tolist() == [0.25, 0.75]
    (_, content, metadata, remaining), *_ = server.requests
    request = pb.PredictRequest.FromString(content)
    assert (request.model_spec.name, request.model_spec.version.value) == ("digits", 7)
    assert len(request.inputs["images"].tensor_content) == 784 * 4
    assert (metadata["x-request-id"], metadata["traceparent"]) == ("one,two", "00-aa-bb-01")
    assert 0 < remaining <= 5
    ask(predictor, ref=ModelRef("digits", label="stable"))
    assert pb.PredictRequest.FromString(server.requests[1][1]).model_spec.version_label == "stable"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Overloaded),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ModelTimeout),
        (grpc.StatusCode.INTERNAL, ModelError),
    ],
)
def test_what_the_server_answers_is_mapped_and_not_tried_again(
    server: ModelServer, predictor: GrpcPredictor, code: grpc.StatusCode, kind: type[ServiceError]
) -> None:
    server.answers[PREDICT] = aborting(code, "secret path /srv/models")
    with pytest.raises(kind) as caught:
        ask(predictor)
    assert "/srv" not in caught.value.detail
    assert len(server.requests) == 1


def test_unavailable_is_tried_again_and_then_told(server: ModelServer, predictor: GrpcPredictor) -> None:
    answers = iter([aborting(grpc.StatusCode.UNAVAILABLE)] * 2 + [predicted([1.0])])
    server.answers[PREDICT] = lambda request, ctx: next(answers)(request, ctx)
    assert ask(predictor).version == 7
    assert len(server.requests) == 3
    server.answers[PREDICT] = aborting(grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(ModelUnavailable):
        ask(predictor)


def test_trying_again_ends_with_the_deadline(server: ModelServer, predictor: GrpcPredictor) -> None:
    server.answers[PREDICT] = aborting(grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(ModelUnavailable):
        ask(predictor, 0.3)
    assert len(server.requests) < 4


def test_a_server_that_never_answers_is_given_up_at_the_deadline(
    server: ModelServer, predictor: GrpcPredictor
) -> None:
    never = threading.Event()
    server.answers[PREDICT] = lambda _request, _context: bytes(never.wait(10))
    with pytest.raises(ModelTimeout):
        ask(predictor, 0.3)
    never.set()


@pytest.mark.parametrize(
    "answer",
    [
        lambda _request, _context: b"\xff\xff garbage",
        lambda _request, _context: b"",
        predicted([0.5], size=3),
        predicted([0.5], dtype=2),
        predicted([0.5], dtype=20),
        predicted([0.5], size=-1),
    ],
)
def test_a_broken_reply_is_the_model_servers_fault(
    server: ModelServer, predictor: GrpcPredictor, answer: Answer
) -> None:
    server.answers[PREDICT] = answer
    with pytest.raises(ModelError) as caught:
        ask(predictor)
    assert caught.value.status == 502


def test_a_server_that_is_away_is_found_again_within_two_seconds(
    server: ModelServer, predictor: GrpcPredictor
) -> None:
    server.answers[PREDICT] = predicted([1.0])
    ask(predictor)
    server.stop()
    with pytest.raises(ModelUnavailable):
        ask(predictor, 1.0)
    server.start()

    def answers() -> bool:
        with suppress(ModelUnavailable):
            return ask(predictor).version == 7
        return False

    eventually(answers, seconds=10)


def test_no_call_fails_once_a_server_has_returned(server: ModelServer) -> None:
    server.answers[PREDICT] = predicted([1.0])
    server.stop()
    settings = Settings(model_server=f"127.0.0.1:{server.port}")
    predictors = [GrpcPredictor(settings) for _ in range(20)]

    async def ask_all() -> list[Reply | BaseException]:
        calls = [each.predict(DIGITS, "serving_default", IMAGES, context()) for each in predictors]
        return await asyncio.gather(*calls, return_exceptions=True)

    for _ in range(7):  # until every channel waits as long as it ever does
        assert all(isinstance(answer, ModelUnavailable) for answer in wait_for(ask_all()))
    server.start()
    assert [answer for answer in wait_for(ask_all()) if isinstance(answer, BaseException)] == []
    for each in predictors:
        wait_for(each.close())


def test_statuses_are_newest_first(server: ModelServer, predictor: GrpcPredictor) -> None:
    response = get_model_status_pb2.GetModelStatusResponse()
    response.model_version_status.add(version=1, state=50)
    response.model_version_status.add(version=2, state=30)
    server.answers[STATUS] = lambda _request, _context: response.SerializeToString()
    found = wait_for(predictor.status("digits", context()))
    assert [(each.version, each.state) for each in found] == [(2, "AVAILABLE"), (1, "END")]


def test_metadata_without_signatures_is_the_model_servers_fault(
    server: ModelServer, predictor: GrpcPredictor
) -> None:
    server.answers[METADATA] = lambda _request, _context: b""
    with pytest.raises(ModelError):
        wait_for(predictor.signatures(DIGITS, context()))


def test_nothing_connects_before_the_first_call() -> None:
    predictor = GrpcPredictor(Settings(model_server="192.0.2.1:1"))
    assert predictor._channel is None
    wait_for(predictor.close())


def test_tls_is_spoken_when_the_settings_say_so(tmp_path: Path) -> None:
    key, certificate = self_signed(tmp_path)
    server = ModelServer({PREDICT: predicted([1.0])})
    server.start(grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())]))
    address = f"127.0.0.1:{server.port}"
    settings = {"model_server": address, "model_server_tls": True, "model_server_name": "models.example"}
    trusting = GrpcPredictor(Settings(**settings, model_server_ca=str(certificate)))  # type: ignore[arg-type]
    plain, suspicious = GrpcPredictor(Settings(model_server=address)), GrpcPredictor(Settings(**settings))  # type: ignore[arg-type]
    assert ask(trusting).version == 7
    for other in (plain, suspicious):
        with pytest.raises(ModelUnavailable):
            ask(other, 1.0)
        wait_for(other.close())
    wait_for(trusting.close())
    server.stop()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for models.example, made with openssl."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=models.example"]
    command += ["-addext", "subjectAltName=DNS:models.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate
