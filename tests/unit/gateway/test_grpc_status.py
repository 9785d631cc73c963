"""Every status of gRPC has its error."""

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

SECRET = "Shape of tensor _arg_serving_default_images_0_0 [[{{function_node __inference_1}}]]"


@pytest.mark.parametrize("code", list(grpc.StatusCode))
def test_every_status_is_an_error_of_ours_that_keeps_internals_to_itself(code: grpc.StatusCode) -> None:
    error = error_for(code, SECRET)
    assert isinstance(error, ServiceError)
    assert error.status in (404, 429, 502, 503, 504)
    assert SECRET not in error.detail
    assert (error.retry_after is not None) == (error.status in (429, 503))


def test_the_table_is_complete() -> None:
    assert set(ERRORS) == set(grpc.StatusCode)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, ModelUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ModelTimeout),
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Overloaded),
        (grpc.StatusCode.INVALID_ARGUMENT, ModelRefused),
        (grpc.StatusCode.INTERNAL, ModelError),
        (grpc.StatusCode.PERMISSION_DENIED, ModelError),
    ],
)
def test_what_callers_can_act_on_is_told_apart(code: grpc.StatusCode, kind: type[ServiceError]) -> None:
    assert type(error_for(code, "")) is kind


def test_a_label_that_no_version_has_is_not_found() -> None:
    details = "Unrecognized servable version label: stable"
    assert type(error_for(grpc.StatusCode.INVALID_ARGUMENT, details)) is NotFound
