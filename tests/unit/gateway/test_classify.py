"""``:classify``: what comes in, what goes out."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from serving.contract import Thresholds
from tests.unit.gateway.asking import caller, only, post
from tests.unit.gateway.fakes import DIGITS, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import CLASSIFY, b64, form, png, stroke


def test_a_raw_picture_is_answered_with_model_version_and_label(client: FlaskClient) -> None:
    response = post(client)
    assert response.get_json()["model"] == {"name": "digits", "version": 3}
    prediction = only(response)
    assert (prediction["label"], prediction["class_id"], prediction["status"]) == ("7", 7, "ok")
    assert prediction["probability"] == pytest.approx(0.99, abs=1e-7)
    assert prediction["name"] is None


def test_the_default_model_answers_without_being_named(client: FlaskClient) -> None:
    assert only(post(client, "/classify"))["label"] == "7"


def test_the_default_model_is_the_one_the_settings_name(predictor: FakePredictor) -> None:
    predictor.models["clothes"] = {1: FakeVersion()}
    client = caller(predictor, models=("digits", "clothes"), default_model="clothes")
    assert post(client, "/classify").get_json()["model"]["name"] == "clothes"


def test_a_form_is_read_whatever_its_fields_are_called(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("seven.png", png()), ("again.png", png())))
    assert [each["name"] for each in response.get_json()["predictions"]] == ["seven.png", "again.png"]


def test_json_with_base64_is_read(client: FlaskClient) -> None:
    body = {"images": [{"b64": b64(png()), "name": "a"}, {"b64": b64(png())}]}
    response = client.post(CLASSIFY, json=body)
    assert [each["name"] for each in response.get_json()["predictions"]] == ["a", None]


def test_an_original_reaches_the_model_bit_for_bit(client: FlaskClient, predictor: FakePredictor) -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 10:18] = np.arange(100, 260).reshape(20, 8).clip(0, 255)
    rows, columns = np.mgrid[:28, :28]
    shift = [round(14 - (pixels * axis).sum() / pixels.sum()) for axis in (rows, columns)]
    pixels = np.roll(pixels, shift, (0, 1))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    client.post(CLASSIFY, data=buffer.getvalue(), content_type="image/png")
    (call,) = predictor.predictions()
    sent = call.inputs["images"]
    assert (str(sent.dtype), sent.shape) == ("float32", (1, 28, 28, 1))
    np.testing.assert_array_equal(sent[0, :, :, 0], pixels.astype(np.float32) / np.float32(255))


def test_top_k_lists_that_many_classes_most_probable_first(client: FlaskClient) -> None:
    top = only(post(client, top_k="5"))["top"]
    assert len(top) == 5
    probabilities = [each["probability"] for each in top]
    assert probabilities == sorted(probabilities, reverse=True)


def test_three_classes_are_listed_by_default_and_no_more_than_there_are(client: FlaskClient) -> None:
    assert len(only(post(client))["top"]) == 3
    assert len(only(post(client, top_k="1000"))["top"]) == 10


def test_all_probabilities_are_given_on_request(client: FlaskClient) -> None:
    assert "probabilities" not in only(post(client))
    probabilities = only(post(client, include="probabilities"))["probabilities"]
    assert set(probabilities) == set("0123456789")
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_what_the_model_saw_is_shown_on_request(client: FlaskClient, predictor: FakePredictor) -> None:
    assert "input" not in only(post(client))
    shown = only(post(client, include="input,probabilities"))["input"]
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown["png_b64"]))))
    sent = predictor.predictions()[-1].inputs["images"]
    np.testing.assert_array_equal(np.round(sent[0, :, :, 0] * 255).astype(np.uint8), seen)
    assert isinstance(shown["steps"], list)


def test_fit_stretch_is_the_textbook_way(client: FlaskClient, predictor: FakePredictor) -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[0:5, 0:5] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    response = client.post(CLASSIFY + "?fit=stretch", data=buffer.getvalue(), content_type="image/png")
    assert response.status_code == 200
    sent = predictor.predictions()[-1].inputs["images"][0, :, :, 0]
    np.testing.assert_array_equal(sent, pixels.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize(
    "query",
    [
        "top_k=0",
        "top_k=-1",
        "top_k=x",
        "top_k=",
        "top_k=1001",
        "top_k=3&top_k=4",
        "include=all",
        "include=",
        "include=input,",
        "fit=crop",
        "fit=",
        "topk=3",
        "top_k=%00",
    ],
)
def test_an_unknown_option_is_refused_with_what_is_allowed(client: FlaskClient, query: str) -> None:
    response = client.post(f"{CLASSIFY}?{query}", data=png(), content_type="image/png")
    assert response.status_code == 400
    assert response.get_json()["code"] == "bad_request"
    name = query.partition("=")[0]
    assert name in response.get_json()["detail"] or "top_k" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (FakeVersion(), "ok"),
        (FakeVersion(sureness=0.61), "ok"),
        (FakeVersion(sureness=0.59), "uncertain"),
        (FakeVersion(score=5.1), "out_of_distribution"),
        (FakeVersion(sureness=0.59, score=5.1), "out_of_distribution"),
        (FakeVersion(score=5.0), "ok"),
        (FakeVersion(card=replace(DIGITS, thresholds=Thresholds(0.6)), score=9.0), "ok"),
    ],
)
def test_the_status_follows_the_thresholds_of_the_card(
    client: FlaskClient, predictor: FakePredictor, version: FakeVersion, status: str
) -> None:
    predictor.models["digits"][3] = version
    assert only(post(client))["status"] == status


def test_many_pictures_go_in_one_call(client: FlaskClient, predictor: FakePredictor) -> None:
    body = {"images": [{"b64": b64(png())}] * 128}
    response = client.post(CLASSIFY, json=body)
    assert len(response.get_json()["predictions"]) == 128
    assert [len(call.inputs["images"]) for call in predictor.predictions()] == [128]


def test_a_name_is_answered_without_folders_and_control_characters(client: FlaskClient) -> None:
    body = {"images": [{"b64": b64(png()), "name": '../../a\\b\r\nX: <script>"\u202e.png'}]}
    name = client.post(CLASSIFY, json=body).get_json()["predictions"][0]["name"]
    assert name == 'bX: <script>".png'


def test_the_callers_picture_of_any_size_is_taken(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("large.png", png(600))))
    assert only(response)["label"] == "7"
    assert stroke(600).shape == (600, 600)
