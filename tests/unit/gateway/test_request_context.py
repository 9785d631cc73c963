"""What a request carries through the gateway: its id, its trace, its deadline, its version."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import numpy as np
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.gateway.app import create_app
from serving.gateway.server.environ import ARRIVED
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.tracing import Tracer
from tests.unit.gateway.asking import REQUEST_ID, Client, post, refused
from tests.unit.gateway.fakes import Call, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import CLASSIFY, images, png

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BAD_TRACES = ("", "00-0-0-00", f"00-{'0' * 32}-b7ad6b7169203331-01", TRACEPARENT + "-x")
TENSOR = {"name": "images", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": [0.0] * 784}
INSTANCES = {"instances": np.zeros((1, 28, 28, 1)).tolist()}


def test_a_request_id_is_kept_echoed_and_passed_on(client: Client) -> None:
    response = post(client, headers={"X-Request-ID": REQUEST_ID})
    assert response.headers["X-Request-ID"] == REQUEST_ID
    assert client.predictor.predictions()[0].context.request_ids == (REQUEST_ID,)


@pytest.mark.parametrize(
    ("path", "body", "version"),
    [
        ("/classify", images(png()), "3"),
        (CLASSIFY, images(png()), "3"),
        ("/v1/models/digits/versions/2:classify", images(png()), "2"),
        ("/v1/models/digits:predict", INSTANCES, "3"),
        ("/v1/models/digits/versions/2:predict", INSTANCES, "2"),
        ("/v2/models/digits/infer", {"inputs": [TENSOR]}, "3"),
        ("/v1/models/none:classify", images(png()), None),
    ],
)
def test_an_answer_names_the_version_that_gave_it_in_a_header(
    client: Client, path: str, body: dict[str, Any], version: str | None
) -> None:
    client.predictor.models["digits"][2] = FakeVersion()
    response = client.post(path, json=body)
    assert (response.status_code == 200) is (version is not None)
    assert response.headers.get("X-Model-Version") == version
    assert "X-Model-Version" not in client.get("/v1/models").headers


@pytest.mark.parametrize(
    ("header", "bad", "made"),
    [
        *(
            ("X-Request-ID", bad, r"[0-9a-f]{32}")
            for bad in ("", "a b", "a\tb", "x" * 129, "<script>", "a;b", "ä")
        ),
        *(("traceparent", bad, r"00-[0-9a-f]{32}-[0-9a-f]{16}-00") for bad in BAD_TRACES),
    ],
)
def test_an_id_or_a_trace_that_is_malformed_is_replaced(
    client: Client, header: str, bad: str, made: str
) -> None:
    assert re.fullmatch(made, client.get("/healthz", headers={header: bad}).headers[header])


def test_a_trace_goes_on_through_the_gateway(client: Client) -> None:
    ours = post(client, headers={"traceparent": TRACEPARENT}).headers["traceparent"]
    _, trace, span, _ = TRACEPARENT.split("-")
    assert ours.split("-")[1] == trace
    assert ours.split("-")[2] != span
    assert client.predictor.predictions()[0].context.traceparent == ours


def test_spans_go_from_the_caller_to_the_model() -> None:
    predictor = FakePredictor()
    exporter = InMemorySpanExporter()
    tracer = Tracer(exporter)
    client = create_app(Settings(models=("digits",)), predictor, tracer).test_client()
    assert post(client, headers={"traceparent": TRACEPARENT}).status_code == 200
    tracer.provider.force_flush()
    spans = exporter.get_finished_spans()
    (server,) = [span for span in spans if span.name == "POST classify"]
    calls = [span for span in spans if span.name == "PredictionService/Predict"]
    assert server.parent is not None
    assert f"{server.parent.span_id:016x}" == TRACEPARENT.split("-")[2]
    assert {call.parent.span_id for call in calls if call.parent} == {server.context.span_id}
    sent = predictor.predictions()[0].context.traceparent.split("-")[2]
    assert sent in {f"{call.context.span_id:016x}" for call in calls}
    assert dict(server.attributes or {})["model.version"] == 3
    tracer.provider.shutdown()


@pytest.mark.parametrize(
    ("headers", "most"),
    [({}, 5), ({"X-Request-Timeout": "2"}, 2), ({"X-Request-Timeout": "1000"}, 5)],
    ids=["none", "a shorter one", "a longer one"],
)
def test_the_callers_deadline_is_the_models_unless_the_settings_are_shorter(
    client: Client, headers: dict[str, str], most: int
) -> None:
    left: list[float] = []

    def note(call: Call) -> None:
        left.append(call.context.deadline.remaining())

    client.predictor.before_predict = note
    assert post(client, headers=headers).status_code == 200
    assert most - 1 < left[0] <= most


@pytest.mark.parametrize("bad", ["0", "-1", "x", "nan", "inf", "1e999", "1e-9", "3601", "1,5", "\u0663"])
def test_a_deadline_that_is_no_number_in_range_is_400(client: Client, bad: str) -> None:
    assert post(client, headers={"X-Request-Timeout": bad}).status_code == 400


def test_a_deadline_that_has_passed_is_504(client: Client) -> None:
    client.predictor.before_describe = lambda call: asyncio.sleep(call.context.deadline.remaining())
    assert refused(post(client, headers={"X-Request-Timeout": "0.05"})) == (504, "deadline_exceeded")


def test_the_callers_deadline_counts_from_the_arrival_of_the_request(client: Client) -> None:
    environ, headers = {ARRIVED: time.monotonic() - 3}, {"X-Request-Timeout": "2"}
    response = client.post(CLASSIFY, json=images(png()), headers=headers, environ_overrides=environ)
    assert refused(response) == (504, "deadline_exceeded")
    assert client.predictor.predictions() == []
