"""Other origins and the security headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.asking import caller
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.keyed import create, locked
from tests.unit.gateway.pictures import CLASSIFY


def test_no_origin_is_allowed_unless_set(client: FlaskClient) -> None:
    response = client.get("/v1/models", headers={"Origin": "https://example.org"})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_origins_of_the_settings_may_call(predictor: FakePredictor) -> None:
    client = caller(predictor, cors_origins=("https://example.org",))
    allowed = client.get("/v1/models", headers={"Origin": "https://example.org"})
    other = client.get("/v1/models", headers={"Origin": "https://evil.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://example.org"
    assert "X-Request-ID" in allowed.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in other.headers
    assert allowed.headers["Vary"] == other.headers["Vary"] == "Origin"


def test_a_preflight_needs_no_key(keys_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(keys_file, "phone", capsys)
    client = locked(keys_file, cors_origins=("*",))
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    response = client.options(CLASSIFY, headers=asked)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]


def test_errors_can_be_read_by_allowed_origins(predictor: FakePredictor) -> None:
    client = caller(predictor, cors_origins=("*",))
    response = client.get("/nope", headers={"Origin": "https://example.org"})
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (404, "*")


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/v1/models", "/openapi.json", "/docs", "/"])
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert len(headers.getlist("Content-Security-Policy")) == 1
