"""``:correct``: what is kept, what is refused, and what is never there."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests.unit.gateway.asking import caller, refused
from tests.unit.gateway.fakes import DIGITS, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import b64, blank_png, png
from training.datasets.own import folders

CORRECT = "/v1/models/digits:correct"


def keeping(folder: Path, labels: tuple[str, ...] = DIGITS.labels, **more: object) -> FlaskClient:
    """A gateway that keeps corrections of a model with these labels."""
    version = FakeVersion(card=replace(DIGITS, labels=labels))
    return caller(FakePredictor({"digits": {3: version}}), corrections_dir=str(folder), **more)


def correct(client: FlaskClient, content: bytes, label: str) -> TestResponse:
    return client.post(CORRECT, data=content, content_type="image/png", query_string={"label": label})


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_upload_and_prepared_picture_are_kept_by_their_content(tmp_path: Path) -> None:
    digest = hashlib.sha256(png(200)).hexdigest()
    response = correct(keeping(tmp_path), png(200), "4")
    assert response.get_json() == {
        "model": {"name": "digits", "version": 3}, "label": "4", "id": digest, "new": True,
    }  # fmt: skip
    assert files(tmp_path) == [f"digits/.prepared/4/{digest}.png", f"digits/4/{digest}.png"]
    assert (tmp_path / "digits" / "4" / f"{digest}.png").read_bytes() == png(200)
    with Image.open(tmp_path / "digits" / ".prepared" / "4" / f"{digest}.png") as prepared:
        assert prepared.size == (28, 28)


def test_a_form_has_the_label_as_a_field(tmp_path: Path) -> None:
    response = keeping(tmp_path).post(
        CORRECT, data={"image": (io.BytesIO(png()), "my name.png"), "label": "2"}
    )
    assert response.get_json()["label"] == "2"
    assert not any("my name" in name for name in files(tmp_path)), "nothing of the sender's own is kept"


def test_json_is_taken_as_by_classify(tmp_path: Path) -> None:
    client = keeping(tmp_path)
    response = client.post(CORRECT, json={"images": [{"b64": b64(png())}]}, query_string={"label": "2"})
    assert response.status_code == 200, response.text


def test_the_same_picture_twice_is_kept_once(tmp_path: Path) -> None:
    client = keeping(tmp_path)
    assert [correct(client, png(), "4").get_json()["new"] for _ in range(2)] == [True, False]
    assert len(files(tmp_path)) == 2


def test_the_last_label_of_a_picture_counts(tmp_path: Path) -> None:
    client = keeping(tmp_path)
    correct(client, png(), "4")
    assert correct(client, png(), "5").get_json()["new"]
    assert [name.split("/")[-2] for name in files(tmp_path)] == ["5", "5"]


@pytest.mark.parametrize("label", ["T-shirt/top", "..", ".prepared", "50 %", "Ä ö", "a" * 80])
def test_any_label_is_a_folder_that_training_reads_back(tmp_path: Path, label: str) -> None:
    response = correct(keeping(tmp_path, ("0", label)), png(), label)
    assert response.status_code == 200, response.text
    found = folders.read(tmp_path / "digits")
    assert [item.label for item in found.parts["train"]] == [label]
    assert {path.name for path in tmp_path.iterdir()} == {"digits"}, "nothing outside the model's folder"


@pytest.mark.parametrize(
    ("query", "content", "status", "words"),
    [
        ({"label": "ten"}, png(), 400, "Its labels are 0, 1"),
        ({}, png(), 400, "Send the right label once"),
        ({"label": "1", "name": "me"}, png(), 400, "Unknown query parameter"),
        ({"label": "1"}, b"", 400, "has no picture"),
        ({"label": "1"}, b"no picture", 415, "not a picture of an accepted type"),
        ({"label": "1"}, blank_png(), 422, ""),
    ],
)
def test_what_no_model_could_learn_from_is_refused(
    tmp_path: Path, query: dict[str, str], content: bytes, status: int, words: str
) -> None:
    client = keeping(tmp_path)
    response = client.post(CORRECT, data=content, content_type="image/png", query_string=query)
    assert (response.status_code, words in response.get_json()["detail"]) == (status, True), response.text
    assert files(tmp_path) == []


def test_one_request_corrects_one_picture(tmp_path: Path) -> None:
    body = {"images": [{"b64": b64(png())}, {"b64": b64(png(40))}]}
    response = keeping(tmp_path).post(CORRECT, json=body, query_string={"label": "1"})
    assert (response.status_code, files(tmp_path)) == (400, [])


def test_an_unknown_model_keeps_nothing(tmp_path: Path) -> None:
    client = keeping(tmp_path)
    path = "/v1/models/nobody:correct?label=1"
    assert client.post(path, data=png(), content_type="image/png").status_code == 404
    assert files(tmp_path) == []


def test_corrections_are_off_unless_a_folder_is_named(client: FlaskClient, tmp_path: Path) -> None:
    response = correct(client, png(), "1")
    assert refused(response) == (404, "not_found")
    assert client.get("/v1/models").get_json()["corrections"] is False
    assert keeping(tmp_path).get("/v1/models").get_json()["corrections"] is True


@pytest.mark.parametrize(
    "limit",
    [{"corrections_max": 1}, {"corrections_max_bytes": len(png()) + 1}, {"corrections_disk_share": 0.01}],
)
def test_no_more_is_kept_than_may_be(tmp_path: Path, limit: dict[str, float]) -> None:
    client = keeping(tmp_path, DIGITS.labels, **limit)
    answers = [correct(client, png(side), "1") for side in (28, 40)]
    assert answers[-1].status_code == 507
    assert answers[-1].get_json()["code"] == "corrections_full"
    assert len(files(tmp_path)) <= 2


def test_a_folder_that_cannot_be_written_is_an_error_without_a_path(tmp_path: Path) -> None:
    (tmp_path / "digits").write_text("a file where the model's folder belongs")
    response = correct(keeping(tmp_path), png(), "1")
    assert response.status_code == 500
    assert str(tmp_path) not in response.text
