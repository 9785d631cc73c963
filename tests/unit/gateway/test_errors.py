"""Errors: what a caller is told, what is logged of our own bugs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from serving.errors import Overloaded, ServiceError
from tests.unit.gateway.asking import REQUEST_ID, refused
from tests.unit.gateway.fakes import Call, FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, png


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
    assert refused(response) == (405, "method_not_allowed")
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
    assert refused(response) == (500, "internal")
    assert "secret" not in response.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert "secret internals" in str(record.exc_info)
    assert vars(record)["request_id"] == REQUEST_ID


def all_errors(kind: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in all_errors(below))]


def test_every_error_has_its_own_code_and_a_status_that_fits() -> None:
    kinds = all_errors(ServiceError)
    assert Overloaded in kinds
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)
