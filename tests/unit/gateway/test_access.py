"""Rate limits, other origins and the security headers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.asking import Client, caller, post, refused
from tests.unit.gateway.keyed import KeyFile, answered
from tests.unit.gateway.pictures import CLASSIFY

ORIGIN = "https://example.org"


def test_a_rate_over_the_limit_is_429_with_the_time_to_wait() -> None:
    client = caller(rate_limit="3/hour")
    assert [post(client).status_code for _ in range(3)] == [200] * 3
    response = post(client)
    assert refused(response) == (429, "rate_limited")
    assert 1 <= int(response.headers["Retry-After"]) <= 3601
    exempt = [client.get(path, buffered=True).status_code for path in ("/healthz", "/metrics", "/")]
    assert exempt == [200] * 3


@pytest.mark.parametrize(
    ("storage", "said"), [("memory://", True), ("redis://127.0.0.1:1", False)], ids=["memory", "shared"]
)
def test_rates_counted_by_each_worker_are_said_to_be_at_the_start(
    caplog: pytest.LogCaptureFixture, storage: str, said: bool
) -> None:
    with caplog.at_level("INFO", "serving"):
        caller(rate_limit="3/hour", rate_limit_storage=storage, workers=4)
    assert ("4 workers, up to 4 times 3/hour" in caplog.text) is said


def test_rates_are_counted_for_each_key(key_file: KeyFile) -> None:
    one, two = key_file.phone, key_file.create("desk")
    client = key_file.locked(rate_limit="1/hour")
    assert [answered(client, key) for key in (one, two, one)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("callers", "statuses"),
    [
        ([{"REMOTE_ADDR": f"198.51.100.{last}"} for last in (1, 2, 1)], [200, 200, 429]),
        ([{"HTTP_X_FORWARDED_FOR": f"198.51.100.{last}"} for last in (1, 2)], [200, 429]),
    ],
    ids=["each has its own", "and nobody escapes by claiming another"],
)
def test_rates_are_counted_for_each_address(callers: list[dict[str, str]], statuses: list[int]) -> None:
    client = caller(rate_limit="1/hour")
    answers = [client.get("/v1/models", environ_base=each) for each in callers]
    assert [answer.status_code for answer in answers] == statuses


@pytest.mark.parametrize(
    ("origins", "path", "allowed"),
    [
        ({}, "/v1/models", None),
        ({"cors_origins": (ORIGIN,)}, "/v1/models", ORIGIN),
        ({"cors_origins": ("https://other.example",)}, "/v1/models", None),
        ({"cors_origins": ("*",)}, "/nope", "*"),
    ],
    ids=["none unless set", "one that is set", "not another", "errors can be read as well"],
)
def test_the_origins_of_the_settings_may_call(
    origins: dict[str, Any], path: str, allowed: str | None
) -> None:
    response = caller(**origins).get(path, headers={"Origin": ORIGIN})
    assert response.headers.get("Access-Control-Allow-Origin") == allowed
    assert ("X-Request-ID" in response.headers.get("Access-Control-Expose-Headers", "")) is bool(allowed)
    assert response.headers.get("Vary") == ("Origin" if origins else None)


def test_a_preflight_needs_no_key(key_file: KeyFile) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    response = key_file.locked(cors_origins=("*",)).options(CLASSIFY, headers=asked)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/v1/models", "/openapi.json", "/docs", "/"])
def test_every_answer_has_the_security_headers(client: Client, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    names = ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")
    assert [headers[name] for name in names] == ["nosniff", "DENY", "no-referrer"]
    (policy,) = headers.getlist("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
