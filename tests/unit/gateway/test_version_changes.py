"""One answer, one version: recipe, pixels, probabilities and labels belong together while versions change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flask.testing import FlaskClient

from serving.contract import SIGNATURE_DESCRIBE
from serving.errors import ModelUnavailable
from serving.gateway.deadline import Deadline
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import wait_for
from tests.unit.gateway.asking import refused
from tests.unit.gateway.fakes import CLOTHES, DIGITS, Call, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import CLASSIFY, encoded, png


def post(client: FlaskClient, data: bytes | None = None) -> dict[str, object]:
    response = client.post(CLASSIFY, data=data or png(100), content_type="image/png")
    assert response.status_code == 200, response.text
    body = response.get_json()
    return {"version": body["model"]["version"], **body["predictions"][0]}


def test_a_new_version_is_found_without_being_announced(
    client: FlaskClient, predictor: FakePredictor
) -> None:
    assert post(client)["version"] == 3
    predictor.models["digits"][4] = FakeVersion(digit=4)
    answer = post(client)
    assert (answer["version"], answer["label"]) == (4, "4")


def test_labels_are_those_of_the_version_that_answered(client: FlaskClient, predictor: FakePredictor) -> None:
    post(client)
    predictor.models["digits"][4] = FakeVersion(card=replace(DIGITS, labels=tuple("ABCDEFGHIJ")))
    assert post(client)["label"] == "H"


def test_another_recipe_prepares_the_picture_again(client: FlaskClient, predictor: FakePredictor) -> None:
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 20:40] = 90
    post(client, encoded(pixels))
    predictor.models["digits"][4] = FakeVersion(card=CLOTHES)
    answer = post(client, encoded(pixels))
    assert (answer["version"], answer["label"]) == (4, "h")
    first, wrong, right = (call.inputs["images"] for call in predictor.predictions())
    np.testing.assert_array_equal(first, wrong)
    assert not np.array_equal(wrong, right)


def test_the_same_recipe_is_not_asked_twice(client: FlaskClient, predictor: FakePredictor) -> None:
    post(client)
    predictor.models["digits"][4] = FakeVersion()
    post(client)
    assert len(predictor.predictions()) == 2


def test_a_rollback_is_followed(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][4] = FakeVersion(digit=4)
    assert post(client)["version"] == 4
    del predictor.models["digits"][4]
    assert (post(client)["version"], post(client)["label"]) == (3, "7")


def test_a_version_that_is_gone_before_its_card_was_read_is_asked_again(
    client: FlaskClient, predictor: FakePredictor
) -> None:
    post(client)
    predictor.models["digits"][4] = FakeVersion(digit=4)

    def replace_4_by_5(call: Call) -> None:
        if call.ref.version == 4:
            predictor.models["digits"] = {5: FakeVersion(digit=5)}

    predictor.before_describe = replace_4_by_5
    answer = post(client)
    assert (answer["version"], answer["label"]) == (5, "5")


def test_versions_that_never_settle_are_503(client: FlaskClient, predictor: FakePredictor) -> None:
    def flip(_call: Call) -> None:
        newest = max(predictor.models["digits"])
        card = CLOTHES if predictor.models["digits"][newest].card is DIGITS else DIGITS
        predictor.models["digits"][newest + 1] = FakeVersion(card=card)

    predictor.before_predict = flip
    response = client.post(CLASSIFY, data=png(100), content_type="image/png")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_a_model_that_goes_away_is_503_and_comes_back(client: FlaskClient, predictor: FakePredictor) -> None:
    post(client)
    versions = predictor.models.pop("digits")
    response = client.post(CLASSIFY, data=png(100), content_type="image/png")
    assert response.status_code == 503
    predictor.models["digits"] = versions
    assert post(client)["version"] == 3


def test_a_model_that_was_never_configured_and_goes_away_is_404(
    client: FlaskClient, predictor: FakePredictor
) -> None:
    predictor.models["other"] = {1: FakeVersion()}
    path = "/v1/models/other:classify"
    assert client.post(path, data=png(), content_type="image/png").status_code == 200
    del predictor.models["other"]
    assert client.post(path, data=png(), content_type="image/png").status_code == 404


@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        ({}, "no probabilities"),
        ({"probabilities": np.zeros((1, 9), np.float32)}, "too few classes"),
        ({"probabilities": np.zeros((2, 10), np.float32)}, "too many rows"),
        ({"probabilities": np.full((1, 10), 0.1, np.float64)}, "another dtype"),
        ({"probabilities": np.full((1, 10), np.nan, np.float32)}, "NaN"),
        ({"probabilities": np.full((1, 10), 5, np.float32)}, "no probabilities by sum"),
        ({"probabilities": np.array([[-1, 2, *[0] * 8]], np.float32)}, "negative"),
        ({"probabilities": np.zeros((), np.float32)}, "a scalar"),
        (
            {"probabilities": np.full((1, 10), 0.1, np.float32), "ood_score": np.full(1, np.nan, np.float32)},
            "a score of NaN",
        ),
        (
            {"probabilities": np.full((1, 10), 0.1, np.float32), "ood_score": np.zeros((1, 1), np.float32)},
            "a score of another shape",
        ),
    ],
)
def test_outputs_that_break_the_contract_are_502(
    client: FlaskClient, predictor: FakePredictor, outputs: dict[str, np.ndarray], why: str
) -> None:
    predictor.outputs = lambda _count: outputs
    response = client.post(CLASSIFY, data=png(), content_type="image/png")
    assert refused(response) == (502, "bad_model_reply"), why


def test_a_card_of_an_unknown_contract_is_502(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][3] = FakeVersion(card=replace(DIGITS, contract_version=99))
    response = client.post(CLASSIFY, data=png(), content_type="image/png")
    assert refused(response) == (502, "bad_model_reply")


def test_a_pinned_version_that_is_unloaded_is_404(client: FlaskClient, predictor: FakePredictor) -> None:
    predictor.models["digits"][4] = FakeVersion()
    path = "/v1/models/digits/versions/3:classify"
    assert client.post(path, data=png(), content_type="image/png").status_code == 200
    del predictor.models["digits"][3]
    assert client.post(path, data=png(), content_type="image/png").status_code == 404


def test_another_run_under_the_same_number_is_noticed_and_gets_its_own_labels(
    predictor: FakePredictor, caplog: pytest.LogCaptureFixture
) -> None:
    predictor.models["digits"][4] = FakeVersion()
    servables = VersionRegistry(predictor, ("digits",), card_seconds=0.0)
    ref, context = ModelRef("digits"), CallContext(Deadline.after(5))
    assert wait_for(servables.current(ref, context)).card.labels == DIGITS.labels
    predictor.models["digits"][4] = FakeVersion(
        card=replace(DIGITS, labels=tuple("ABCDEFGHIJ"), run_id="another")
    )
    found = wait_for(servables.answered(ref, 4, context))
    assert found is not None
    assert found.card.labels == tuple("ABCDEFGHIJ")
    assert "version 4 of model digits is another one than before: run another, was run a-run" in caplog.text


def test_a_card_that_cannot_be_asked_for_again_goes_on_to_serve(predictor: FakePredictor) -> None:
    servables = VersionRegistry(predictor, ("digits",), card_seconds=0.0)
    ref, context = ModelRef("digits"), CallContext(Deadline.after(5))
    before = wait_for(servables.current(ref, context))

    def away(*_: object) -> None:
        raise ModelUnavailable("The model server is away.")

    predictor.before_describe = away
    assert wait_for(servables.current(ref, context)) == before


def test_a_card_that_was_read_a_moment_ago_is_not_asked_for_again(predictor: FakePredictor) -> None:
    servables = VersionRegistry(predictor, ("digits",))
    ref, context = ModelRef("digits"), CallContext(Deadline.after(5))
    for _ in range(5):
        wait_for(servables.current(ref, context))
    assert len([call for call in predictor.calls if call.signature == SIGNATURE_DESCRIBE]) == 1
