"""What is served, as callers and probes read it: alive, ready, models with their versions and cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.errors import ModelUnavailable
from serving.gateway.model_client.predictor import VersionStatus
from tests.unit.gateway.asking import Client, caller, refused
from tests.unit.gateway.fakes import CLOTHES, DIGITS, FakePredictor, FakeVersion

BOTH = ("digits", "clothes")
MAY_BE_READY = ("health", "models/digits", "models/digits/versions/3")


@pytest.mark.parametrize("ready_when", ["any", "all"])
def test_no_model_at_all_is_not_ready(ready_when: str) -> None:
    client = caller(FakePredictor(models={}), models=BOTH, ready_when=ready_when)
    assert client.get("/readyz").status_code == 503


def test_ready_may_mean_that_every_configured_model_is_available() -> None:
    client = caller(models=BOTH, ready_when="all", readiness_seconds=0.05)
    response = client.get("/readyz")
    assert (refused(response, "clothes")[0], response.headers["Retry-After"]) == (503, "1")
    client.predictor.models["clothes"] = {1: FakeVersion()}
    while client.get("/readyz").status_code != 200:
        pass
    assert client.get("/readyz").get_json()["models"] == {"digits": True, "clothes": True}


@pytest.mark.parametrize("state", ["START", "LOADING", "UNLOADING", "END"])
def test_a_version_that_is_not_available_is_not_ready(client: Client, state: str) -> None:
    client.predictor.loading["digits"] = [VersionStatus(3, state)]
    for path in ("/readyz", *(f"/v2/{each}/ready" for each in MAY_BE_READY)):
        assert client.get(path).status_code == 503, path
    body = client.get("/v1/models/digits").get_json()
    assert (body["ready"], body["labels"], body["card"]) == (False, [], None)


def test_alive_does_not_ask_the_model_server(client: Client) -> None:
    client.predictor.away = ModelUnavailable("The model server cannot be reached.")
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 503
    assert client.predictor.asked == 1


def test_readiness_is_remembered_for_a_moment() -> None:
    client = caller(readiness_seconds=60)
    assert [client.get("/readyz").status_code for _ in range(20)] == [200] * 20
    assert client.predictor.asked == 1


def test_readiness_fails_first_when_the_process_is_told_to_stop(client: Client) -> None:
    client.application.drain()
    paths = ("/readyz", "/v2/health/ready", "/healthz", "/v1/models")
    assert [client.get(path).status_code for path in paths] == [503, 503, 200, 200]


def test_a_model_tells_versions_labels_and_card(client: Client) -> None:
    client.predictor.models["digits"][2] = FakeVersion()
    body = client.get("/v1/models/digits").get_json()
    versions = [{"version": each, "state": "AVAILABLE", "run_id": "a-run"} for each in (3, 2)]
    assert (body["name"], body["ready"], body["versions"]) == ("digits", True, versions)
    assert (body["labels"], body["card"]) == (list("0123456789"), DIGITS.to_dict())
    client.predictor.models["digits"][4] = FakeVersion(card=CLOTHES)
    assert client.get("/v1/models/digits").get_json()["card"]["dataset"] == "fashion_mnist"


def test_all_configured_models_are_listed_ready_or_not() -> None:
    client = caller(models=(*BOTH, "gone"), notice="This is only a test.")
    client.predictor.loading["clothes"] = [VersionStatus(1, "LOADING", "/srv/models/clothes/1 is broken")]
    response = client.get("/v1/models")
    body = response.get_json()
    listed = [(model["name"], model["ready"]) for model in body["models"]]
    assert listed == [("digits", True), ("clothes", False), ("gone", False)]
    assert (body["default"], body["notice"]) == ("digits", "This is only a test.")
    assert "/srv" not in response.text


def test_the_limits_of_the_settings_are_listed(client: Client) -> None:
    set_so = caller(max_image_bytes=5, max_images=6, deadline_seconds=7.5)
    limits = set_so.get("/v1/models").get_json()["limits"]
    assert (limits["image_bytes"], limits["images"], limits["seconds"]) == (5, 6, 7.5)
    assert client.get("/v1/models").get_json()["notice"] is None


def test_a_model_that_was_added_to_the_file_is_listed_without_a_restart_and_503_until_it_is_there(
    tmp_path: Path,
) -> None:
    file = tmp_path / "models.txt"
    file.write_text("digits\n")
    client = caller(models_file=str(file))

    def listed() -> list[Any]:
        return [model["name"] for model in client.get("/v1/models").get_json()["models"]]

    assert listed() == ["digits"]
    file.write_text("digits\nclothes\nno name/at all\n\n")
    assert listed() == ["digits", "clothes"]
    assert [client.get(f"/v1/models/{name}").status_code for name in ("clothes", "nope")] == [503, 404]
    client.predictor.models["clothes"] = {1: FakeVersion(card=CLOTHES)}
    assert client.get("/v1/models/clothes").status_code == 200
    file.unlink()
    assert listed() == ["digits"]
