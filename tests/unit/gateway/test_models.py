"""What is served, as callers read it."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from serving.gateway.model_client.predictor import VersionStatus
from tests.unit.gateway.asking import caller
from tests.unit.gateway.fakes import CLOTHES, DIGITS, FakePredictor, FakeVersion


def test_a_model_tells_versions_labels_and_card(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][2] = FakeVersion()
    body = client.get("/v1/models/digits").get_json()
    assert body["name"] == "digits"
    assert body["ready"] is True
    assert body["versions"] == [
        {"version": 3, "state": "AVAILABLE", "run_id": "a-run"},
        {"version": 2, "state": "AVAILABLE", "run_id": "a-run"},
    ]
    assert body["labels"] == list("0123456789")
    assert body["card"] == DIGITS.to_dict()


def test_a_new_version_brings_its_card(client: FlaskClient, predictor: FakePredictor) -> None:
    assert client.get("/v1/models/digits").get_json()["card"]["dataset"] == "mnist"
    predictor.models["digits"][4] = FakeVersion(card=CLOTHES)
    assert client.get("/v1/models/digits").get_json()["card"]["dataset"] == "fashion_mnist"


def test_all_configured_models_are_listed_ready_or_not(predictor: FakePredictor) -> None:
    predictor.loading["clothes"] = [VersionStatus(1, "LOADING", "/srv/models/clothes/1 is broken")]
    client = caller(predictor, models=("digits", "clothes", "gone"), notice="This is only a test.")
    response = client.get("/v1/models")
    body = response.get_json()
    assert [(model["name"], model["ready"]) for model in body["models"]] == [
        ("digits", True),
        ("clothes", False),
        ("gone", False),
    ]
    assert (body["default"], body["notice"]) == ("digits", "This is only a test.")
    assert "/srv" not in response.text


def test_the_limits_of_the_settings_are_listed(predictor: FakePredictor) -> None:
    client = caller(predictor, max_image_bytes=5, max_images=6, deadline_seconds=7.5)
    limits = client.get("/v1/models").get_json()["limits"]
    assert (limits["image_bytes"], limits["images"], limits["seconds"]) == (5, 6, 7.5)


def test_a_model_that_was_added_to_the_file_is_listed_without_a_restart(
    predictor: FakePredictor, tmp_path: Path
) -> None:
    file = tmp_path / "models.txt"
    file.write_text("digits\n")
    client = caller(predictor, models_file=str(file))

    def listed() -> list[str]:
        return [model["name"] for model in client.get("/v1/models").get_json()["models"]]

    assert listed() == ["digits"]
    predictor.models["clothes"] = {1: FakeVersion(card=CLOTHES)}
    file.write_text("digits\nclothes\nno name/at all\n\n")
    assert listed() == ["digits", "clothes"]
    file.unlink()
    assert listed() == ["digits"]


def test_a_model_that_was_added_to_the_file_is_503_until_the_model_server_has_it(
    predictor: FakePredictor, tmp_path: Path
) -> None:
    file = tmp_path / "models.txt"
    file.write_text("digits\ncoming\n")
    client = caller(predictor, models_file=str(file))
    assert client.get("/v1/models/coming").status_code == 503
    assert client.get("/v1/models/nowhere").status_code == 404
    predictor.models["coming"] = {1: FakeVersion()}
    assert client.get("/v1/models/coming").status_code == 200


def test_no_notice_is_null(client: FlaskClient) -> None:
    assert client.get("/v1/models").get_json()["notice"] is None


def test_an_unknown_model_is_404(client: FlaskClient) -> None:
    assert client.get("/v1/models/nope").status_code == 404


def test_a_model_that_is_loading_is_told_as_not_ready(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.loading["digits"] = [VersionStatus(3, "LOADING")]
    body = client.get("/v1/models/digits").get_json()
    assert (body["ready"], body["labels"], body["card"]) == (False, [], None)
