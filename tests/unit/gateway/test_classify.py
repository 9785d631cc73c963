"""``:classify``: which model is asked, what goes to it, and what goes out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.contract import Thresholds
from tests.unit.gateway.asking import Client, caller, only, post
from tests.unit.gateway.fakes import DIGITS, FakeVersion
from tests.unit.gateway.pictures import CLASSIFY, b64, decoded, encoded, form, images, png


def test_a_raw_picture_is_answered_with_model_version_and_label(client: Client) -> None:
    response = post(client)
    assert response.get_json()["model"] == {"name": "digits", "version": 3}
    prediction = only(response)
    assert (prediction["label"], prediction["class_id"], prediction["status"]) == ("7", 7, "ok")
    assert (prediction["probability"], prediction["name"]) == (pytest.approx(0.99, abs=1e-7), None)
    assert not {"probabilities", "input"} & set(prediction)


@pytest.mark.parametrize(
    ("path", "model", "label"),
    [
        ("/classify", {"name": "digits", "version": 3}, "7"),
        ("/v1/models/digits/versions/2:classify", {"name": "digits", "version": 2}, "2"),
        ("/v1/models/digits/labels/stable:classify", {"name": "digits", "version": 2}, "2"),
        ("/v1/models/other:classify", {"name": "other", "version": 1}, "4"),
    ],
    ids=["the default", "a version", "a label", "a model that is not configured"],
)
def test_the_model_that_is_named_answers(
    client: Client, path: str, model: dict[str, Any], label: str
) -> None:
    client.predictor.models["digits"][2] = FakeVersion(digit=2)
    client.predictor.models["other"] = {1: FakeVersion(digit=4)}
    client.predictor.labels["digits", "stable"] = 2
    response = post(client, path)
    assert (response.get_json()["model"], only(response)["label"]) == (model, label)


def test_the_default_model_is_the_one_the_settings_name() -> None:
    client = caller(models=("digits", "clothes"), default_model="clothes")
    client.predictor.models["clothes"] = {1: FakeVersion()}
    assert post(client, "/classify").get_json()["model"]["name"] == "clothes"


def test_an_unknown_model_is_not_asked_again_at_once(client: Client) -> None:
    assert [post(client, "/v1/models/nope:classify").status_code for _ in range(5)] == [404] * 5
    assert len(client.predictor.calls) == 1


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"data": form(("seven.png", png()), ("again.png", png(600)))}, ["seven.png", "again.png"]),
        ({"json": {"images": [{"b64": b64(png()), "name": "a"}, {"b64": b64(png())}]}}, ["a", None]),
        ({"json": images(*[png()] * 128)}, [None] * 128),
    ],
    ids=["a form whatever its fields are called", "JSON with and without names", "many"],
)
def test_several_pictures_are_answered_in_their_order_by_one_call(
    client: Client, sent: dict[str, Any], names: list[str | None]
) -> None:
    predictions = client.post(CLASSIFY, **sent).get_json()["predictions"]
    assert [(each["name"], each["label"]) for each in predictions] == [(name, "7") for name in names]
    assert [len(call.inputs["images"]) for call in client.predictor.predictions()] == [len(names)]


def original() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Grey pixels with their centre of mass in the middle, as MNIST has them."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 10:18] = np.arange(100, 260).reshape(20, 8).clip(0, 255)
    rows, columns = np.mgrid[:28, :28]
    shift = [round(14 - (pixels * axis).sum() / pixels.sum()) for axis in (rows, columns)]
    return np.roll(pixels, shift, (0, 1))


def corner() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """A square that every other fit would move to the middle."""
    return np.pad(np.full((5, 5), 200, np.uint8), (0, 23))


@pytest.mark.parametrize(
    ("pixels", "fit"), [(original(), "auto"), (corner(), "stretch")], ids=["an original", "fit=stretch"]
)
def test_a_picture_of_the_models_own_kind_reaches_it_bit_for_bit(
    client: Client, pixels: np.ndarray, fit: str
) -> None:
    post(client, data=encoded(pixels), fit=fit)
    (call,) = client.predictor.predictions()
    assert call.inputs["images"].dtype == np.float32
    np.testing.assert_array_equal(
        call.inputs["images"], pixels.astype(np.float32).reshape(1, 28, 28, 1) / np.float32(255)
    )


@pytest.mark.parametrize(("query", "count"), [({}, 3), ({"top_k": "5"}, 5), ({"top_k": "1000"}, 10)])
def test_top_k_lists_that_many_classes_most_probable_first(
    client: Client, query: dict[str, Any], count: int
) -> None:
    probabilities = [each["probability"] for each in only(post(client, **query))["top"]]
    assert (len(probabilities), probabilities) == (count, sorted(probabilities, reverse=True))


def test_all_probabilities_are_given_on_request(client: Client) -> None:
    probabilities = only(post(client, include="probabilities"))["probabilities"]
    assert set(probabilities) == set("0123456789")
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_what_the_model_saw_is_shown_on_request(client: Client) -> None:
    shown = only(post(client, include="input,probabilities"))["input"]
    sent = client.predictor.predictions()[-1].inputs["images"][0, :, :, 0]
    np.testing.assert_array_equal(np.round(sent * 255).astype(np.uint8), decoded(shown["png_b64"]))
    assert isinstance(shown["steps"], list)


TWO_MARKS = encoded(np.hstack([np.asarray(decoded(b64(png(100))))] * 2))


@pytest.mark.parametrize(
    ("version", "picture", "status"),
    [
        (FakeVersion(), png(), "ok"),
        (FakeVersion(sureness=0.61), png(), "ok"),
        (FakeVersion(sureness=0.59), png(), "uncertain"),
        (FakeVersion(), TWO_MARKS, "uncertain"),
        (FakeVersion(score=5.1), png(), "out_of_distribution"),
        (FakeVersion(score=5.1), TWO_MARKS, "out_of_distribution"),
        (FakeVersion(sureness=0.59, score=5.1), png(), "out_of_distribution"),
        (FakeVersion(score=5.0), png(), "ok"),
        (FakeVersion(card=replace(DIGITS, thresholds=Thresholds(0.6)), score=9.0), png(), "ok"),
    ],
)
def test_the_status_follows_the_thresholds_of_the_card_and_the_warnings_of_the_preparation(
    client: Client, version: FakeVersion, picture: bytes, status: str
) -> None:
    client.predictor.models["digits"][3] = version
    assert only(post(client, data=picture))["status"] == status
