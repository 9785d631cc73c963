"""``:classify``: which model, version and label is asked, and what is said of those that are not there."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from serving.contract import SIGNATURE_DESCRIBE
from tests.unit.gateway.asking import only, post, refused
from tests.unit.gateway.fakes import FakePredictor, FakeVersion


def test_a_version_can_be_named(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][2] = FakeVersion(digit=2)
    response = post(client, "/v1/models/digits/versions/2:classify")
    assert (response.get_json()["model"]["version"], only(response)["label"]) == (2, "2")


def test_a_label_can_be_named(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][2] = FakeVersion(digit=2)
    predictor.labels["digits", "stable"] = 2
    response = post(client, "/v1/models/digits/labels/stable:classify")
    assert (response.get_json()["model"]["version"], only(response)["label"]) == (2, "2")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/nope:classify",
        "/v1/models/digits/versions/9:classify",
        "/v1/models/digits/versions/one:classify",
        "/v1/models/digits/versions/99999999999999999999:classify",
        "/v1/models/digits/versions/9223372036854775808:classify",
        "/v1/models/digits/labels/nope:classify",
        "/v1/models/..:classify",
        "/v1/models/%2e%2e%2fetc:classify",
        "/v1/models/digits%00:classify",
        "/v1/models/d%C3%AFgits:classify",
        "/v1/models/digits%0a:classify",
        "/v1/models/" + "x" * 200 + ":classify",
        "/v1/models/digits/labels/a%20b:classify",
        "/v1/models/:classify",
        "/v1/models/digits:classify/",
        "//v1/models/digits:classify",
    ],
)
def test_what_does_not_exist_is_404(client: FlaskClient, path: str) -> None:
    response = post(client, path)
    assert refused(response) == (404, "not_found")


@pytest.mark.parametrize("name", ["%2e%2e", "a%20b", "-x", "x" * 129])
def test_an_odd_name_is_never_asked_for(client: FlaskClient, predictor: FakePredictor, name: str) -> None:
    assert post(client, f"/v1/models/{name}:classify").status_code == 404
    assert predictor.calls == []


def test_a_model_that_is_not_configured_can_be_asked(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["other"] = {1: FakeVersion(digit=4)}
    assert only(post(client, "/v1/models/other:classify"))["label"] == "4"


def test_an_unknown_model_is_not_asked_again_at_once(client: FlaskClient, predictor: FakePredictor) -> None:
    for _ in range(5):
        assert post(client, "/v1/models/nope:classify").status_code == 404
    assert len(predictor.calls) == 1


def test_a_configured_model_that_is_not_loaded_is_503(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models.clear()
    response = post(client)
    assert refused(response) == (503, "model_unavailable")
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["retryable"] is True


def test_the_card_is_asked_for_once(client: FlaskClient, predictor: FakePredictor) -> None:
    for _ in range(3):
        post(client)
    assert sum(call.signature == SIGNATURE_DESCRIBE for call in predictor.calls) == 1
