"""Errors: their documents, what is not there or not allowed, and those of the model server."""

from __future__ import annotations

import grpc
import pytest

from serving.errors import (
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    NotFound,
    Overloaded,
    ServiceError,
)
from serving.gateway.model_client.grpc_status import ERRORS, error_for
from tests.unit.gateway.asking import Client, post, refused
from tests.unit.gateway.pictures import CLASSIFY, form, png

SECRET = "Shape of tensor _arg_serving_default_images_0_0 [[{{function_node __inference_1}}]]"


def test_a_problem_has_all_members(client: Client) -> None:
    response = client.get("/nope")
    assert refused(response) == (404, "not_found")
    body = response.get_json()
    assert {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable"} <= set(body)
    assert (body["instance"], body["request_id"]) == ("/nope", response.headers["X-Request-ID"])


@pytest.mark.parametrize(
    "path",
    [
        *(f"/v1/models/{name}:classify" for name in ("nope", "", "%2e%2e%2fetc", "d%C3%AFgits")),
        *(f"/v1/models/digits{end}:classify" for end in ("%00", "%0a", "/labels/nope", "/labels/a%20b")),
        *(f"/v1/models/digits/versions/{number}:classify" for number in ("9", "one", "9" * 20, 2**63)),
        "/v1/models/digits:classify/",
        "//v1/models/digits:classify",
    ],
)
def test_what_does_not_exist_is_404(client: Client, path: str) -> None:
    assert refused(post(client, path)) == (404, "not_found")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%20b", "-x", "x" * 129, "x" * 200])
def test_an_odd_name_is_never_asked_for(client: Client, name: str) -> None:
    assert refused(post(client, f"/v1/models/{name}:classify")) == (404, "not_found")
    assert client.predictor.calls == []


@pytest.mark.parametrize("name", ["no such/name", "nobody"])
def test_a_model_named_in_a_form_that_is_not_there_is_404(client: Client, name: str) -> None:
    assert client.post("/classify", data=form(("a.png", png()), model=name)).status_code == 404


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
    client: Client, method: str, path: str, allowed: str
) -> None:
    response = client.open(path, method=method)
    assert (*refused(response), response.headers["Allow"]) == (405, "method_not_allowed", allowed)


def all_errors(kind: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in all_errors(below))]


def test_every_error_has_its_own_code_and_a_status_that_fits() -> None:
    kinds = all_errors(ServiceError)
    assert Overloaded in kinds
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


@pytest.mark.parametrize("code", list(grpc.StatusCode))
def test_every_status_is_an_error_of_ours_that_keeps_internals_to_itself(code: grpc.StatusCode) -> None:
    assert code in ERRORS
    error = error_for(code, SECRET)
    assert isinstance(error, ServiceError)
    assert error.status in (404, 429, 502, 503, 504)
    assert SECRET not in error.detail
    assert (error.retry_after is not None) == (error.status in (429, 503))


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "", ModelUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", ModelTimeout),
        (grpc.StatusCode.NOT_FOUND, "", NotFound),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "", Overloaded),
        (grpc.StatusCode.INVALID_ARGUMENT, "", ModelRefused),
        (grpc.StatusCode.INVALID_ARGUMENT, "Unrecognized servable version label: stable", NotFound),
        (grpc.StatusCode.INTERNAL, "", ModelError),
        (grpc.StatusCode.PERMISSION_DENIED, "", ModelError),
    ],
)
def test_what_callers_can_act_on_is_told_apart(
    code: grpc.StatusCode, details: str, kind: type[ServiceError]
) -> None:
    assert type(error_for(code, details)) is kind
