"""Alive, ready, and on the way out."""

from __future__ import annotations

from typing import Literal

import pytest
from flask.testing import FlaskClient

from serving.errors import ModelUnavailable
from serving.gateway.app import Gateway
from serving.gateway.model_client.predictor import CallContext, VersionStatus
from tests.unit.gateway.asking import caller, post
from tests.unit.gateway.fakes import FakePredictor, FakeVersion


class Counting(FakePredictor):
    """Counts how often it is asked for a status, and may be away."""

    asked = 0
    away = False

    async def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        self.asked += 1
        if self.away:
            raise ModelUnavailable("The model server cannot be reached.")
        return await super().status(name, context)


BOTH = ("digits", "clothes")


def test_ready_means_that_some_configured_model_is_available(predictor: FakePredictor) -> None:
    client = caller(predictor, models=BOTH)
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()["models"]) == (200, {"digits": True, "clothes": False})
    found = client.get("/metrics").text
    assert 'gateway_ready{model="digits"} 1.0' in found
    assert 'gateway_ready{model="clothes"} 0.0' in found


def test_a_model_that_is_there_answers_though_another_is_missing(predictor: FakePredictor) -> None:
    client = caller(predictor, models=BOTH)
    assert post(client).status_code == 200
    missing = post(client, "/v1/models/clothes:classify")
    assert (missing.status_code, missing.headers["Retry-After"]) == (503, "1")
    assert missing.content_type == "application/problem+json"


@pytest.mark.parametrize("ready_when", ["any", "all"])
def test_no_model_at_all_is_not_ready(ready_when: Literal["any", "all"]) -> None:
    client = caller(FakePredictor(models={}), models=BOTH, ready_when=ready_when)
    assert client.get("/readyz").status_code == 503


def test_ready_may_mean_that_every_configured_model_is_available(predictor: FakePredictor) -> None:
    client = caller(predictor, models=BOTH, ready_when="all", readiness_seconds=0.05)
    response = client.get("/readyz")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "clothes" in response.get_json()["detail"]
    predictor.models["clothes"] = {1: FakeVersion()}
    while client.get("/readyz").status_code != 200:
        pass
    assert client.get("/readyz").get_json()["models"] == {"digits": True, "clothes": True}


@pytest.mark.parametrize("state", ["START", "LOADING", "UNLOADING", "END"])
def test_a_version_that_is_not_available_is_not_ready(
    client: FlaskClient, predictor: FakePredictor, state: str
) -> None:
    predictor.loading["digits"] = [VersionStatus(3, state)]
    assert client.get("/readyz").status_code == 503


def test_alive_does_not_ask_the_model_server() -> None:
    predictor = Counting()
    predictor.away = True
    client = caller(predictor)
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 503
    assert predictor.asked == 1


def test_readiness_is_remembered_for_a_moment() -> None:
    predictor = Counting()
    client = caller(predictor, readiness_seconds=60)
    assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert predictor.asked == 1


def test_readiness_fails_first_when_the_process_is_told_to_stop(app: Gateway, client: FlaskClient) -> None:
    app.drain()
    assert client.get("/readyz").status_code == 503
    assert client.get("/v2/health/ready").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/models").status_code == 200
