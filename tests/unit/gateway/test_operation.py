"""Settings, logs, metrics, traces, request ids, deadlines, errors."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from dataclasses import fields

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.errors import ServiceError
from serving.gateway import configuration, errors, hooks, logs
from serving.gateway.app import create_app
from serving.gateway.metrics import flatten
from serving.gateway.settings import Settings, SettingsError, unknown_variables, variable
from serving.gateway.tracing import Tracer
from tests.unit.gateway.fakes import Call, FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, form, png

REQUEST_ID = "0af7651916cd43dd"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def post(client: FlaskClient, **headers: str) -> int:
    return client.post(CLASSIFY, data=png(), content_type="image/png", headers=headers).status_code


def test_settings_have_defaults_and_read_the_environment() -> None:
    assert Settings.from_env({}) == Settings()
    settings = Settings.from_env(
        {"GATEWAY_MODELS": "digits, clothes", "GATEWAY_DEADLINE_SECONDS": "2.5", "GATEWAY_ACCESS_LOG": "off"}
    )
    assert (settings.models, settings.default_model) == (("digits", "clothes"), "digits")
    assert (settings.deadline_seconds, settings.access_log) == (2.5, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "tcp://10.0.0.1:8080"),
        ("WORKERS", "0"),
        ("WORKERS", "\u0661"),
        ("MODELS", ""),
        ("MODELS", "a/b"),
        ("DEFAULT_MODEL", "a b"),
        ("MODEL_SERVER", "localhost"),
        ("MODEL_SERVER", "http://localhost:8500"),
        ("MODEL_SERVER", "localhost:0"),
        ("MODEL_SERVER_TLS", "maybe"),
        ("MODEL_SERVER_CA", "/no/such/file"),
        ("MODEL_SERVER_KEY", __file__),
        ("DEADLINE_SECONDS", "0"),
        ("DEADLINE_SECONDS", "nan"),
        ("DEADLINE_SECONDS", "1e3"),
        ("AUTH_EXEMPT", "health,everything"),
        ("RATE_LIMIT", "many"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("CORS_ORIGINS", "example.org"),
        ("CORS_ORIGINS", "https://example.org/path"),
        ("LOG_LEVEL", "loud"),
        ("TRACE_ENDPOINT", "collector:4318"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEWAY_{name}"):
        Settings.from_env({f"GATEWAY_{name}": value})


def test_a_misspelt_variable_is_noticed() -> None:
    assert unknown_variables({"GATEWAY_PROT": "1", "GATEWAY_PORT": "1", "PATH": ""}) == ["GATEWAY_PROT"]


def test_the_configuration_page_is_current_and_lists_every_setting() -> None:
    assert configuration.main(["--check"]) == 0
    assert all(f"`{variable(field.name)}`" in configuration.render() for field in fields(Settings))


def test_the_gateway_loads_no_framework_and_stays_small() -> None:
    script = (
        "import re, sys\n"
        "from serving.gateway.app import application\n"
        "app = application()\n"
        "heavy = {'tensorflow', 'keras', 'training', 'flask_limiter', 'opentelemetry'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000  # kB


def test_a_request_id_is_kept_echoed_and_passed_on(client: FlaskClient, predictor: FakePredictor) -> None:
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-ID": REQUEST_ID}
    )
    assert response.headers["X-Request-ID"] == REQUEST_ID
    assert predictor.predictions()[0].context.request_ids == (REQUEST_ID,)


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


def test_the_callers_deadline_is_the_models(client: FlaskClient, predictor: FakePredictor) -> None:
    left = []
    predictor.before_predict = lambda call: left.append(call.context.deadline.remaining())
    assert post(client) == 200
    assert post(client, **{"X-Request-Timeout": "2"}) == 200
    assert post(client, **{"X-Request-Timeout": "1000"}) == 200
    assert 4 < left[0] <= 5
    assert 1 < left[1] <= 2
    assert 4 < left[2] <= 5


@pytest.mark.parametrize("bad", ["0", "-1", "x", "nan", "inf", "1e999", "1e-9", "3601", "1,5", "\u0663"])
def test_a_deadline_that_is_no_number_in_range_is_400(client: FlaskClient, bad: str) -> None:
    assert post(client, **{"X-Request-Timeout": bad}) == 400


def test_a_deadline_that_has_passed_is_504(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.before_describe = lambda call: time.sleep(call.context.deadline.remaining())
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-Timeout": "0.05"}
    )
    assert (response.status_code, response.get_json()["code"]) == (504, "deadline_exceeded")


def test_a_problem_has_all_members(client: FlaskClient) -> None:
    response = client.get("/nope")
    assert response.content_type == "application/problem+json"
    body = response.get_json()
    assert {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable"} <= set(body)
    assert (body["instance"], body["request_id"]) == ("/nope", response.headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CLASSIFY, "OPTIONS, POST"),
        ("GET", "/classify", "OPTIONS, POST"),
        ("POST", "/v1/models", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/models/digits", "GET, HEAD, OPTIONS"),
        ("PUT", "/v2/models/digits/infer", "OPTIONS, POST"),
        ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
        ("PATCH", "/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_405_with_those_allowed(
    client: FlaskClient, method: str, path: str, allowed: str
) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, response.get_json()["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == allowed


def test_our_own_bug_is_500_logged_and_not_echoed(
    client: FlaskClient, predictor: FakePredictor, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_call: Call) -> None:
        raise RuntimeError("secret internals")

    predictor.before_predict = break_down
    response = client.post(
        CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-ID": REQUEST_ID}
    )
    assert (response.status_code, response.get_json()["code"]) == (500, "internal")
    assert "secret" not in response.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert "secret internals" in str(record.exc_info)
    assert vars(record)["request_id"] == REQUEST_ID


def all_errors(kind: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in all_errors(below))]


def test_every_error_has_its_own_code_and_a_status_that_fits() -> None:
    kinds = all_errors(ServiceError)
    assert errors.Overloaded in kinds
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def entries(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    formatter = logs.JsonFormatter()
    lines = [formatter.format(record) for record in caplog.records if record.name == logs.ACCESS]
    assert not any("\n" in line for line in lines)
    return [json.loads(line) for line in lines]


def test_a_request_is_one_line_of_json(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.post(CLASSIFY, data=png(), content_type="image/png", headers={"X-Request-ID": REQUEST_ID})
    (entry,) = entries(caplog)
    assert entry["request_id"] == REQUEST_ID
    assert (entry["route"], entry["status"]) == ("classify", 200)
    assert (entry["model"], entry["version"], entry["images"]) == ("digits", 3, 1)
    assert set(entry["stages"]) == {"decode", "preprocess", "queue", "predict", "encode"}  # type: ignore[call-overload]


def test_logs_hold_no_pixels_no_names_and_no_keys(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "serving")
    client.post(
        CLASSIFY + "?fit=stretch",
        data=form(("private.png", png()), ("\nforged.png", b"hello")),
        headers={"Authorization": "Bearer very-secret", "X-Request-ID": 'x"\\y'},
    )
    text = "\n".join(logs.JsonFormatter().format(record) for record in caplog.records)
    for secret in ("private", "forged", "very-secret", "IHDR", "iVBOR", 'x"'):
        assert secret not in text


def test_what_is_logged_cannot_begin_a_line_of_its_own() -> None:
    record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": "a\n{}", "request_id": "\r\n{}"})
    line = logs.JsonFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "a\n{}"


def test_probes_that_succeed_are_not_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert entries(caplog) == []


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


def test_spans_go_from_the_caller_to_the_model(predictor: FakePredictor) -> None:
    exporter = InMemorySpanExporter()
    tracer = Tracer(exporter)
    client = create_app(Settings(models=("digits",)), predictor, tracer).test_client()
    assert post(client, traceparent=TRACEPARENT) == 200
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


def test_routes_are_named_by_the_code(app: Flask) -> None:
    with app.test_request_context("/nothing/here"):
        assert hooks.route() == hooks.UNMATCHED
