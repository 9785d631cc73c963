"""What a request carries through the gateway: its id, its trace, its deadline."""

from __future__ import annotations

import asyncio
import re
import time

import numpy as np
import pytest
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.gateway.app import create_app
from serving.gateway.server.environ import ARRIVED
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.tracing import Tracer
from tests.unit.gateway.asking import REQUEST_ID, post, refused
from tests.unit.gateway.fakes import Call, FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, png

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_request_id_is_kept_echoed_and_passed_on(client: FlaskClient, predictor: FakePredictor) -> None:
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-ID": REQUEST_ID}
    )
    assert response.headers["X-Request-ID"] == REQUEST_ID
    assert predictor.predictions()[0].context.request_ids == (REQUEST_ID,)


@pytest.mark.parametrize("path", ["/classify", CLASSIFY, "/v1/models/digits/versions/3:classify"])
def test_every_answer_to_a_picture_names_the_version_in_a_header(client: FlaskClient, path: str) -> None:
    response = client.post(path, data=png(), content_type="image/png")
    assert response.headers["X-Model-Version"] == "3"


@pytest.mark.parametrize("path", ["/v1/models/digits:predict", "/v1/models/digits/versions/3:predict"])
def test_every_answer_to_tensors_names_the_version_in_a_header(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={"instances": np.zeros((1, 28, 28, 1)).tolist()})
    assert response.headers["X-Model-Version"] == "3"


def test_an_answer_to_the_inference_protocol_names_the_version_in_a_header(client: FlaskClient) -> None:
    tensor = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": [0.0] * 784}
    response = client.post("/v2/models/digits/infer", json={"inputs": [tensor]})
    assert response.headers["X-Model-Version"] == "3"


def test_an_answer_that_no_version_gave_has_no_such_header(client: FlaskClient) -> None:
    assert "X-Model-Version" not in client.get("/v1/models").headers
    refused = client.post("/v1/models/none:classify", data=png(), content_type="image/png")
    assert (refused.status_code, "X-Model-Version" in refused.headers) == (404, False)


@pytest.mark.parametrize("bad", ["", "a b", "a\tb", "x" * 129, "<script>", "a;b", "ä"])
def test_a_request_id_that_is_no_plain_word_is_replaced(client: FlaskClient, bad: str) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": bad})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_a_trace_goes_on_through_the_gateway(client: FlaskClient, predictor: FakePredictor) -> None:
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"traceparent": TRACEPARENT}
    )
    ours = response.headers["traceparent"]
    assert ours.split("-")[1] == TRACEPARENT.split("-")[1]
    assert ours.split("-")[2] != TRACEPARENT.split("-")[2]
    assert predictor.predictions()[0].context.traceparent == ours


@pytest.mark.parametrize(
    "bad", ["", "00-0-0-00", "00-" + "0" * 32 + "-b7ad6b7169203331-01", TRACEPARENT + "-x"]
)
def test_a_malformed_trace_is_replaced(client: FlaskClient, bad: str) -> None:
    found = client.get("/healthz", headers={"traceparent": bad}).headers["traceparent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", found)


def test_spans_go_from_the_caller_to_the_model(predictor: FakePredictor) -> None:
    exporter = InMemorySpanExporter()
    tracer = Tracer(exporter)
    client = create_app(Settings(models=("digits",)), predictor, tracer).test_client()
    assert post(client, headers={"traceparent": TRACEPARENT}).status_code == 200
    tracer.provider.force_flush()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    server = spans["POST classify"]
    calls = [span for span in exporter.get_finished_spans() if span.name == "PredictionService/Predict"]
    assert server.parent is not None
    assert f"{server.parent.span_id:016x}" == TRACEPARENT.split("-")[2]
    assert {call.parent.span_id for call in calls if call.parent} == {server.context.span_id}
    assert predictor.predictions()[0].context.traceparent.split("-")[2] in {
        f"{call.context.span_id:016x}" for call in calls
    }
    assert dict(server.attributes or {})["model.version"] == 3
    tracer.provider.shutdown()


def test_the_callers_deadline_is_the_models(client: FlaskClient, predictor: FakePredictor) -> None:
    left: list[float] = []

    def note(call: Call) -> None:
        left.append(call.context.deadline.remaining())

    predictor.before_predict = note
    assert post(client).status_code == 200
    assert post(client, headers={"X-Request-Timeout": "2"}).status_code == 200
    assert post(client, headers={"X-Request-Timeout": "1000"}).status_code == 200
    assert 4 < left[0] <= 5
    assert 1 < left[1] <= 2
    assert 4 < left[2] <= 5


@pytest.mark.parametrize("bad", ["0", "-1", "x", "nan", "inf", "1e999", "1e-9", "3601", "1,5", "\u0663"])
def test_a_deadline_that_is_no_number_in_range_is_400(client: FlaskClient, bad: str) -> None:
    assert post(client, headers={"X-Request-Timeout": bad}).status_code == 400


def test_a_deadline_that_has_passed_is_504(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.before_describe = lambda call: asyncio.sleep(call.context.deadline.remaining())
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-Timeout": "0.05"}
    )
    assert refused(response) == (504, "deadline_exceeded")


def test_the_callers_deadline_counts_from_the_arrival_of_the_request(
    client: FlaskClient, predictor: FakePredictor
) -> None:
    response = client.post(
        CLASSIFY,
        data=png(),
        content_type="image/png",
        headers={"X-Request-Timeout": "2"},
        environ_overrides={ARRIVED: time.monotonic() - 3},
    )
    assert refused(response) == (504, "deadline_exceeded")
    assert predictor.predictions() == []
