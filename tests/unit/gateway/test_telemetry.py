"""Metrics that callers cannot make grow, and a log that holds nothing of the caller's own."""

from __future__ import annotations

import json
import logging

import pytest
from prometheus_client import CollectorRegistry

from serving.gateway.telemetry import logs
from serving.gateway.telemetry.instruments import Histogram
from tests.unit.gateway.asking import REQUEST_ID, Client, post
from tests.unit.gateway.pictures import CLASSIFY, form, png


def metrics(client: Client) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines()]
    return {name: float(value) for name, value in lines if not name.startswith("#")}


def test_requests_stages_batches_and_answers_are_counted(client: Client) -> None:
    for _ in range(3):
        post(client)
    post(client, data=b"hello")
    found = metrics(client)
    expected = {
        'gateway_requests_total{code="200",model="digits",route="classify"}': 3,
        'gateway_requests_total{code="415",model="digits",route="classify"}': 1,
        'gateway_request_duration_seconds_count{route="classify"}': 4,
        "gateway_batch_size_sum": 3,
        "gateway_inflight": 1,  # the request for the metrics itself
        'gateway_predictions_total{label="7",model="digits",status="ok",version="3"}': 3,
        'gateway_confidence_count{model="digits",version="3"}': 3,
        'gateway_ink_count{model="digits",version="3"}': 3,
        'gateway_reference{label="",model="digits",signal="ink",version="3"}': 0.13,
        'gateway_reference{label="0",model="digits",signal="classes",version="3"}': 0.1,
    }
    assert {name: found.get(name) for name in expected} == expected
    for stage in ("decode", "preprocess", "queue", "predict", "encode"):
        assert found[f'gateway_stage_duration_seconds_count{{stage="{stage}"}}'] >= 3
    assert any(name.startswith("gateway_build_info") for name in found)
    assert sum(name.startswith("gateway_reference") for name in found) == 2, "only numbers and those by label"


def test_callers_cannot_make_metrics_grow(client: Client) -> None:
    metrics(client)
    for name in range(50):
        if name == 1:
            before = set(metrics(client))
        post(client, f"/v1/models/model{name}:classify")
        client.get(f"/path{name}")
        client.post(f"/v1/models/digits/versions/{name + 100}:predict", json={"instances": [1]})
    assert set(metrics(client)) == before


@pytest.mark.parametrize("amounts", [[], [0.2], [0.0, 0.1, 0.1, 0.25, 0.5, 0.75, 9.0, 9.0]])
def test_observed_together_amounts_count_as_one_by_one(amounts: list[float]) -> None:
    def shown(*, together: bool) -> dict[str, float]:
        registry = CollectorRegistry()
        metric = Histogram("seconds", "Time.", ["of"], buckets=(0.1, 0.5, 1.0), registry=registry)
        child = metric.labels("a")
        if together:
            child.observe_all(amounts)
        else:
            for each in amounts:
                child.observe(each)
        samples = [sample for each in registry.collect() for sample in each.samples]
        values = {sample.name + sample.labels.get("le", ""): sample.value for sample in samples}
        return {name: value for name, value in values.items() if not name.endswith("_created")}

    assert shown(together=True) == shown(together=False)


def entries(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    formatter = logs.JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records if record.name == logs.ACCESS]
    assert not any("\n" in line for line in lines)
    return [json.loads(line) for line in lines]


def test_a_request_is_one_line_of_json_and_probes_are_none(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    post(client, headers={"X-Request-ID": REQUEST_ID})
    (entry,) = entries(caplog)
    assert (entry["request_id"], entry["route"], entry["status"]) == (REQUEST_ID, "classify", 200)
    assert (entry["model"], entry["version"], entry["images"]) == ("digits", 3, 1)
    assert set(entry["stages"]) == {"decode", "preprocess", "segment", "queue", "predict", "encode"}  # type: ignore[call-overload]


def test_logs_hold_no_pixels_no_names_and_no_keys(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "serving")
    sent = form(("private.png", png()), ("\nforged.png", b"hello"))
    headers = {"Authorization": "Bearer very-secret", "X-Request-ID": 'x"\\y'}
    client.post(CLASSIFY + "?fit=stretch", data=sent, headers=headers)
    text = "\n".join(logs.JsonFormatter().format(record) for record in caplog.records)
    assert "classify" in text
    for secret in ("private", "forged", "very-secret", "IHDR", "iVBOR", 'x"'):
        assert secret not in text


def test_what_is_logged_cannot_begin_a_line_of_its_own() -> None:
    record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": "a\n{}", "request_id": "\r\n{}"})
    line = logs.JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "a\n{}"
