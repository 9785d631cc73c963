"""``:read``: what is answered for pictures of several digits, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from werkzeug.test import TestResponse

from tests.unit.gateway.asking import Client, caller, post, refused
from tests.unit.gateway.fakes import CLOTHES, Call, FakeVersion
from tests.unit.gateway.pictures import b64, blank_png, decoded, encoded, form

READ = "/v1/models/digits:read"


def page(*places: tuple[int, int]) -> bytes:
    """A PNG with upright strokes, black on white; each place is the left and top of one of 12 x 40 pixels."""
    pixels = np.full((200, 300), 255, np.uint8)
    for left, top in places:
        pixels[top : top + 40, left : left + 12] = 0
    return encoded(pixels)


TWO_LINES = page((50, 30), (100, 30), (150, 32), (60, 120), (110, 122))


def ask(client: Client, data: bytes = TWO_LINES, path: str = READ, **query: Any) -> TestResponse:  # noqa: ANN401
    return post(client, path, data, **query)


def text_of(response: TestResponse) -> str:
    """The text of the first reading."""
    assert response.status_code == 200, response.text
    return str(response.get_json()["readings"][0]["text"])


def test_a_number_is_read_line_by_line_with_a_box_for_each_mark(client: Client) -> None:
    body = ask(client).get_json()
    assert body["model"] == {"name": "digits", "version": 3, "run": "a-run"}
    (reading,) = body["readings"]
    assert (reading["name"], reading["status"], reading["text"]) == (None, "ok", "777\n77")
    assert [line["text"] for line in reading["lines"]] == ["777", "77"]
    boxes = [mark["box"] for line in reading["lines"] for mark in line["marks"]]
    expected = [[50, 30, 12, 40], [100, 30, 12, 40], [150, 32, 12, 40], [60, 120, 12, 40], [110, 122, 12, 40]]
    assert np.abs(np.array(boxes) - expected).max() <= 1
    mark = reading["lines"][0]["marks"][0]
    assert (mark["label"], mark["class_id"], mark["status"]) == ("7", 7, "ok")
    assert set(mark) == {"label", "class_id", "probability", "status", "box"}


@pytest.mark.parametrize(
    "path",
    ["/read", READ, "/v1/models/digits/versions/3:read", "/v1/models/digits/labels/stable:read"],
)
def test_every_address_of_a_model_reads(client: Client, path: str) -> None:
    client.predictor.labels[("digits", "stable")] = 3
    assert text_of(ask(client, path=path)) == "777\n77"


def test_the_model_is_asked_once_for_all_marks_of_all_pictures(client: Client) -> None:
    response = client.post(READ, data=form(("a.png", TWO_LINES), ("b.png", page((50, 50)))))
    readings = [(reading["name"], reading["text"]) for reading in response.get_json()["readings"]]
    assert readings == [("a.png", "777\n77"), ("b.png", "7")]
    assert [len(call.inputs["images"]) for call in client.predictor.predictions()] == [6]


def test_boxes_are_in_pixels_of_the_upright_picture_as_it_was_sent(client: Client) -> None:
    image = Image.open(io.BytesIO(page((50, 30), (100, 30)))).resize((3000, 2000)).rotate(90, expand=True)
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # a viewer turns it by a quarter, clockwise
    image.save(file, "JPEG", exif=exif, quality=95)
    marks = ask(client, file.getvalue()).get_json()["readings"][0]["lines"][0]["marks"]
    expected = [[500, 300, 120, 400], [1000, 300, 120, 400]]
    assert np.abs(np.array([mark["box"] for mark in marks]) - expected).max() <= 12


def test_include_input_shows_what_the_model_saw_of_each_mark(client: Client) -> None:
    (reading,) = ask(client, include="input,probabilities", top_k="2").get_json()["readings"]
    for mark in (mark for line in reading["lines"] for mark in line["marks"]):
        seen = decoded(mark["input"]["png_b64"])
        assert (seen.size, seen.mode) == ((28, 28), "L")
        assert [each["label"] for each in mark["top"]] == ["7", mark["top"][1]["label"]]
        assert len(mark["probabilities"]) == 10


def test_the_worst_mark_decides_the_status_of_a_reading(client: Client) -> None:
    client.predictor.models["digits"][3] = FakeVersion(sureness=0.5)
    assert ask(client).get_json()["readings"][0]["status"] == "uncertain"


@pytest.mark.parametrize(
    ("version", "data", "query", "problem", "words"),
    [
        (FakeVersion(score=50.0), TWO_LINES, {}, (422, "unusable_image"), ["no digit"]),
        (FakeVersion(), blank_png(), {}, (422, "unusable_image"), []),
        (FakeVersion(), TWO_LINES, {"fit": "stretch"}, (400, "bad_request"), ["auto"]),
        (FakeVersion(CLOTHES), TWO_LINES, {}, (400, "bad_request"), ["garment@2", ":classify"]),
    ],
    ids=["strange to the model", "a blank picture", "stretching a whole page", "a model for something else"],
)
def test_what_cannot_be_read_is_refused_in_words(
    client: Client,
    version: FakeVersion,
    data: bytes,
    query: dict[str, str],
    problem: tuple[int, str],
    words: list[str],
) -> None:
    client.predictor.models["digits"][3] = version
    response = ask(client, data, **query)
    assert refused(response) == problem
    assert [word for word in words if word not in response.get_json()["detail"]] == []


def test_one_bad_picture_among_several_has_its_error_in_its_place(client: Client) -> None:
    pictures = [{"b64": b64(TWO_LINES)}, {"b64": b64(blank_png()), "name": "blank"}]
    good, bad = client.post(READ, json={"images": pictures}).get_json()["readings"]
    assert good["text"] == "777\n77"
    assert (bad["name"], bad["error"]["code"]) == ("blank", "unusable_image")


def test_a_picture_with_more_marks_than_the_settings_allow_is_refused() -> None:
    client = caller(max_marks=4)
    assert refused(ask(client), "4 marks") == (413, "too_large")
    assert text_of(ask(client, page((50, 30), (100, 30)))) == "77"


def test_more_candidates_than_one_call_takes_go_in_several() -> None:
    client = caller(max_batch=2, max_images=3)
    assert text_of(ask(client)) == "777\n77"
    assert [len(call.inputs["images"]) for call in client.predictor.predictions()] == [3, 2]


def test_an_answer_never_mixes_marks_of_two_versions() -> None:
    client = caller(max_batch=2, max_images=3)

    def change(_: Call) -> None:
        if len(client.predictor.predictions()) == 2:
            client.predictor.models["digits"][4] = FakeVersion(digit=1)

    client.predictor.before_predict = change
    response = ask(client)
    assert (response.get_json()["model"]["version"], text_of(response)) == (4, "111\n11")
    assert len(client.predictor.predictions()) == 4


def test_the_marks_of_a_picture_are_counted(client: Client) -> None:
    ask(client)
    metrics = client.get("/metrics").text
    assert 'gateway_marks_sum{model="digits",version="3"} 5.0' in metrics
    assert 'gateway_predictions_total{label="7",model="digits",status="ok",version="3"} 5.0' in metrics
    assert 'gateway_stage_duration_seconds_count{stage="segment"} 1.0' in metrics
