"""The log: one line of JSON a request, and nothing in it that is the caller's own."""

from __future__ import annotations

import json
import logging

import pytest
from flask.testing import FlaskClient

from serving.gateway.telemetry import logs
from tests.unit.gateway.asking import REQUEST_ID
from tests.unit.gateway.pictures import CLASSIFY, form, png


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
    assert set(entry["stages"]) == {"decode", "preprocess", "segment", "queue", "predict", "encode"}  # type: ignore[call-overload]


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
