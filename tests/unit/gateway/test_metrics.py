"""The metrics: what is counted, and that callers cannot make them grow."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from serving.gateway.middleware import hooks
from serving.gateway.telemetry.metrics import flatten
from tests.unit.gateway.asking import post
from tests.unit.gateway.pictures import CLASSIFY, png


def metrics(client: FlaskClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")
    }


def test_requests_stages_batches_and_answers_are_counted(client: FlaskClient) -> None:
    for _ in range(3):
        post(client)
    client.post(CLASSIFY, data=b"hello", content_type="image/png")
    found = metrics(client)
    assert found['gateway_requests_total{code="200",model="digits",route="classify"}'] == 3
    assert found['gateway_requests_total{code="415",model="digits",route="classify"}'] == 1
    assert found['gateway_request_duration_seconds_count{route="classify"}'] == 4
    for stage in ("decode", "preprocess", "queue", "predict", "encode"):
        assert found[f'gateway_stage_duration_seconds_count{{stage="{stage}"}}'] >= 3
    assert found["gateway_batch_size_sum"] == 3
    assert found["gateway_inflight"] == 1  # the request for the metrics itself
    key = 'gateway_predictions_total{label="7",model="digits",status="ok",version="3"}'
    assert found[key] == 3
    assert any(name.startswith("gateway_build_info") for name in found)


def test_drift_signals_stand_beside_their_reference(client: FlaskClient) -> None:
    post(client)
    found = metrics(client)
    assert found['gateway_confidence_count{model="digits",version="3"}'] == 1
    assert found['gateway_ink_count{model="digits",version="3"}'] == 1
    assert found['gateway_reference{label="",model="digits",signal="ink",version="3"}'] == 0.13
    assert found['gateway_reference{label="0",model="digits",signal="classes",version="3"}'] == 0.1


def test_a_reference_is_numbers_or_numbers_by_label() -> None:
    assert flatten({"a": 1, "b": {"x": 0.5, "y": None}, "c": "text", "d": True}) == [
        ("a", "", 1.0),
        ("b", "x", 0.5),
    ]


def test_callers_cannot_make_metrics_grow(client: FlaskClient) -> None:
    metrics(client)
    for name in range(50):
        if name == 1:
            before = set(metrics(client))
        client.post(f"/v1/models/model{name}:classify", data=png(), content_type="image/png")
        client.get(f"/path{name}")
        client.post(f"/v1/models/digits/versions/{name + 100}:predict", json={"instances": [1]})
    assert set(metrics(client)) == before


def test_routes_are_named_by_the_code(app: Flask) -> None:
    with app.test_request_context("/nothing/here"):
        assert hooks.route() == hooks.UNMATCHED
