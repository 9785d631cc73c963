"""``:classify``: pictures and bodies that are refused, alone and among others."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.asking import caller, refused
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, b64, blank_png, form, png


def test_one_bad_picture_among_several_carries_its_own_error(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("seven.png", png()), ("notes.txt", b"hello")))
    good, bad = response.get_json()["predictions"]
    assert response.status_code == 200
    assert (good["name"], good["label"]) == ("seven.png", "7")
    assert set(bad) == {"name", "error"}
    assert set(bad["error"]) == {"status", "code", "title", "detail"}
    assert (bad["error"]["status"], bad["error"]["code"]) == (415, "unsupported_image")


def test_an_only_picture_that_fails_fails_the_request_with_its_own_status(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("notes.txt", b"hello")))
    assert refused(response) == (415, "unsupported_image")


def test_a_blank_page_is_refused_with_422(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=blank_png(), content_type="image/png")
    assert refused(response) == (422, "unusable_image")


def test_a_truncated_picture_is_refused_with_400(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=png(200)[:-60], content_type="image/png")
    assert refused(response) == (400, "unreadable_image")


def test_several_pictures_that_all_fail_are_422_with_each_error(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("a", b"hello"), ("b", blank_png())))
    body = response.get_json()
    assert (response.status_code, body["code"]) == (422, "all_images_failed")
    assert response.content_type == "application/problem+json"
    assert [(each["name"], each["error"]["status"]) for each in body["errors"]] == [("a", 415), ("b", 422)]


def test_no_call_is_made_for_pictures_that_all_fail(client: FlaskClient, predictor: FakePredictor) -> None:
    client.post(CLASSIFY, data=blank_png(), content_type="image/png")
    assert predictor.predictions() == []


def test_too_many_pixels_are_refused_with_413(predictor: FakePredictor) -> None:
    client = caller(predictor, max_image_pixels=1000)
    response = client.post(CLASSIFY, data=png(64), content_type="image/png")
    assert refused(response) == (413, "too_large")


def test_too_many_pictures_are_refused_with_413(predictor: FakePredictor) -> None:
    client = caller(predictor, max_images=2)
    files = [("a", png()), ("b", png())]
    assert client.post(CLASSIFY, data=form(*files)).status_code == 200
    assert client.post(CLASSIFY, data=form(*files, ("c", png()))).status_code == 413
    body = {"images": [{"b64": b64(png())}] * 3}
    assert client.post(CLASSIFY, json=body).status_code == 413


def test_a_body_without_a_picture_is_refused(client: FlaskClient) -> None:
    for response in (
        client.post(CLASSIFY, data=b"", content_type="image/png"),
        client.post(CLASSIFY, json={"images": []}),
        client.post(CLASSIFY, data=b"--x--\r\n", content_type="multipart/form-data; boundary=x"),
    ):
        assert response.status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_another_type_of_body_is_415(client: FlaskClient, kind: str) -> None:
    response = client.post(CLASSIFY, data=png(), content_type=kind)
    assert refused(response) == (415, "unsupported_media_type")
