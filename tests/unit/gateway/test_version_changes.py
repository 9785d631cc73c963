"""One answer, one version: recipe, pixels, probabilities and labels belong together while versions change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.contract import SIGNATURE_DESCRIBE
from serving.errors import ModelUnavailable
from serving.gateway.deadline import Deadline
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext
from serving.gateway.names import ModelRef
from serving.gateway.server.bridge import wait_for
from tests.unit.gateway.asking import Client, only, post, refused
from tests.unit.gateway.fakes import CLOTHES, DIGITS, Call, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import encoded, png

REF, CONTEXT = ModelRef("digits"), CallContext(Deadline.after(3600))
ABC = replace(DIGITS, labels=tuple("ABCDEFGHIJ"), run_id="another")
EVEN = np.full((1, 10), 0.1, np.float32)


def answer(client: Client, data: bytes | None = None) -> tuple[int, str]:
    """The version and the label that a picture is answered with."""
    response = post(client, data=data or png(100))
    label = only(response)["label"]
    return response.get_json()["model"]["version"], label


@pytest.mark.parametrize(
    ("version", "label"),
    [(FakeVersion(digit=4), "4"), (FakeVersion(ABC), "H")],
    ids=["its answers", "its labels"],
)
def test_a_new_version_is_found_without_being_announced_and_a_rollback_is_followed(
    client: Client, version: FakeVersion, label: str
) -> None:
    assert answer(client) == (3, "7")
    client.predictor.models["digits"][4] = version
    assert answer(client) == (4, label)
    assert len(client.predictor.predictions()) == 2, "the same recipe is not asked twice"
    del client.predictor.models["digits"][4]
    assert answer(client) == (3, "7")


def test_another_recipe_prepares_the_picture_again(client: Client) -> None:
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 20:40] = 90
    answer(client, encoded(pixels))
    client.predictor.models["digits"][4] = FakeVersion(card=CLOTHES)
    assert answer(client, encoded(pixels)) == (4, "h")
    first, wrong, right = (call.inputs["images"] for call in client.predictor.predictions())
    np.testing.assert_array_equal(first, wrong)
    assert not np.array_equal(wrong, right)


def test_a_version_that_is_gone_before_its_card_was_read_is_asked_again(client: Client) -> None:
    answer(client)
    client.predictor.models["digits"][4] = FakeVersion(digit=4)

    def replace_4_by_5(call: Call) -> None:
        if call.ref.version == 4:
            client.predictor.models["digits"] = {5: FakeVersion(digit=5)}

    client.predictor.before_describe = replace_4_by_5
    assert answer(client) == (5, "5")


def test_versions_that_never_settle_are_503(client: Client) -> None:
    def flip(_call: Call) -> None:
        newest = max(client.predictor.models["digits"])
        card = CLOTHES if client.predictor.models["digits"][newest].card is DIGITS else DIGITS
        client.predictor.models["digits"][newest + 1] = FakeVersion(card=card)

    client.predictor.before_predict = flip
    response = post(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_a_model_that_goes_away_is_503_and_comes_back(client: Client) -> None:
    answer(client)
    versions = client.predictor.models.pop("digits")
    response = post(client)
    assert refused(response) == (503, "model_unavailable")
    assert response.get_json()["detail"] == "The model 'digits' is not loaded now. Try again soon."
    assert (response.headers["Retry-After"], response.get_json()["retryable"]) == ("1", True)
    client.predictor.models["digits"] = versions
    assert answer(client) == (3, "7")


@pytest.mark.parametrize("name", ["other", "digits/versions/3"], ids=["not configured", "a pinned version"])
def test_what_was_never_configured_and_goes_away_is_404(client: Client, name: str) -> None:
    client.predictor.models["other"] = {1: FakeVersion()}
    client.predictor.models["digits"][4] = FakeVersion()
    assert post(client, f"/v1/models/{name}:classify").status_code == 200
    client.predictor.models = {"digits": {4: FakeVersion()}}
    assert post(client, f"/v1/models/{name}:classify").status_code == 404


BROKEN: dict[str, dict[str, Any]] = {
    "no probabilities": {},
    "too few classes": {"probabilities": np.zeros((1, 9), np.float32)},
    "too many rows": {"probabilities": np.zeros((2, 10), np.float32)},
    "another dtype": {"probabilities": EVEN.astype(np.float64)},
    "NaN": {"probabilities": np.full((1, 10), np.nan, np.float32)},
    "no probabilities by sum": {"probabilities": np.full((1, 10), 5, np.float32)},
    "negative": {"probabilities": np.array([[-1, 2, *[0] * 8]], np.float32)},
    "a scalar": {"probabilities": np.zeros((), np.float32)},
    "a score of NaN": {"probabilities": EVEN, "ood_score": np.full(1, np.nan, np.float32)},
    "a score of another shape": {"probabilities": EVEN, "ood_score": np.zeros((1, 1), np.float32)},
}


@pytest.mark.parametrize("outputs", BROKEN.values(), ids=BROKEN)
def test_outputs_that_break_the_contract_are_502(client: Client, outputs: dict[str, np.ndarray]) -> None:
    client.predictor.outputs = lambda _count: outputs
    assert refused(post(client)) == (502, "bad_model_reply")


def test_a_card_of_an_unknown_contract_is_502(client: Client) -> None:
    client.predictor.models["digits"][3] = FakeVersion(replace(DIGITS, contract_version=99))
    assert refused(post(client)) == (502, "bad_model_reply")


def test_another_run_under_the_same_number_is_noticed_and_gets_its_own_labels(
    caplog: pytest.LogCaptureFixture,
) -> None:
    predictor = FakePredictor({"digits": {4: FakeVersion()}})
    servables = VersionRegistry(predictor, ("digits",), card_seconds=0.0)
    assert wait_for(servables.current(REF, CONTEXT)).card.labels == DIGITS.labels
    predictor.models["digits"][4] = FakeVersion(ABC)
    found = wait_for(servables.answered(REF, 4, CONTEXT))
    assert found
    assert found.card.labels == ABC.labels
    assert "version 4 of model digits is another one than before: run another, was run a-run" in caplog.text


def test_a_card_that_cannot_be_asked_for_again_goes_on_to_serve() -> None:
    predictor = FakePredictor()
    servables = VersionRegistry(predictor, ("digits",), card_seconds=0.0)
    before = wait_for(servables.current(REF, CONTEXT))

    def away(*_: object) -> None:
        raise ModelUnavailable("The model server is away.")

    predictor.before_describe = away
    assert wait_for(servables.current(REF, CONTEXT)) == before


def test_a_card_that_was_read_a_moment_ago_is_not_asked_for_again() -> None:
    predictor = FakePredictor()
    servables = VersionRegistry(predictor, ("digits",))
    for _ in range(5):
        wait_for(servables.current(REF, CONTEXT))
    assert [call.signature for call in predictor.calls] == [SIGNATURE_DESCRIBE]
