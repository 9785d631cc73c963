"""Alive, ready, and on the way out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from serving.errors import ModelUnavailable
from serving.gateway import drain
from serving.gateway.app import create_app
from serving.gateway.model_client.predictor import CallContext, VersionStatus
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.fakes import FakePredictor, FakeVersion


@pytest.fixture
def draining() -> Iterator[None]:
    """A process that has been told to stop."""
    drain.begin()
    yield
    drain.reset()


class Counting(FakePredictor):
    """Counts how often it is asked for a status, and may be away."""

    asked = 0
    away = False

    def status(self, name: str, context: CallContext) -> list[VersionStatus]:
        self.asked += 1
        if self.away:
            raise ModelUnavailable("The model server cannot be reached.")
        return super().status(name, context)


def test_ready_means_that_every_configured_model_is_available(predictor: FakePredictor) -> None:
    client = create_app(
        Settings(models=("digits", "clothes"), readiness_seconds=0.05), predictor
    ).test_client()
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
    client = create_app(Settings(models=("digits",)), predictor).test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 503
    assert predictor.asked == 1


def test_readiness_is_remembered_for_a_moment() -> None:
    predictor = Counting()
    client = create_app(Settings(models=("digits",), readiness_seconds=60), predictor).test_client()
    assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert predictor.asked == 1


@pytest.mark.usefixtures("draining")
def test_readiness_fails_first_when_the_process_is_told_to_stop(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 503
    assert client.get("/v2/health/ready").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/models").status_code == 200
