"""``:correct``: what is kept, what is refused, and what is never there."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from serving.gateway import corrections
from tests.unit.gateway.asking import Client, caller, post, refused
from tests.unit.gateway.fakes import DIGITS, FakePredictor, FakeVersion
from tests.unit.gateway.pictures import blank_png, images, png
from training.datasets.own import folders

CORRECT = "/v1/models/digits:correct"


def keeping(folder: Path, labels: tuple[str, ...] = DIGITS.labels, **more: object) -> Client:
    """A gateway that keeps corrections of a model with these labels."""
    version = FakeVersion(card=replace(DIGITS, labels=labels))
    return caller(FakePredictor({"digits": {3: version}}), corrections_dir=str(folder), **more)


def correct(client: Client, content: bytes, label: str) -> TestResponse:
    return post(client, CORRECT, content, label=label)


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


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"image": (io.BytesIO(png()), "my name.png"), "label": "2"}},
        {"json": images(png()), "query_string": {"label": "2"}},
    ],
    ids=["a form, with the label as a field", "JSON"],
)
def test_other_bodies_are_taken_as_by_classify(tmp_path: Path, sent: dict[str, Any]) -> None:
    assert keeping(tmp_path).post(CORRECT, **sent).get_json()["label"] == "2"
    assert len(files(tmp_path)) == 2
    assert not any("my name" in name for name in files(tmp_path)), "nothing of the sender's own is kept"


def test_a_picture_is_kept_once_and_its_last_label_counts(tmp_path: Path) -> None:
    client = keeping(tmp_path)
    assert [correct(client, png(), label).get_json()["new"] for label in "445"] == [True, False, True]
    assert [name.split("/")[-2] for name in files(tmp_path)] == ["5", "5"]


def test_a_picture_that_two_processes_keep_at_once_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_others = corrections._remove_others

    def remove_after_another_process(path: Path) -> None:
        monkeypatch.setattr(corrections, "_remove_others", remove_others)
        assert correct(keeping(tmp_path), png(), "5").get_json()["new"]
        remove_others(path)

    monkeypatch.setattr(corrections, "_remove_others", remove_after_another_process)
    assert correct(keeping(tmp_path), png(), "4").get_json()["new"]
    assert [name.split("/")[-2] for name in files(tmp_path)] == ["4", "4"]


def test_a_file_that_is_removed_while_the_corrections_are_measured_does_not_count(tmp_path: Path) -> None:
    client = keeping(tmp_path, corrections_max=2)
    assert correct(client, png(), "4").status_code == 200
    (tmp_path / "digits" / "4" / "gone.png").symlink_to(tmp_path / "nothing")
    assert [correct(client, png(side), "4").status_code for side in (40, 50)] == [200, 507]


@pytest.mark.parametrize("label", ["T-shirt/top", "..", ".prepared", "50 %", "Ä ö", "a" * 80])
def test_any_label_is_a_folder_that_training_reads_back(tmp_path: Path, label: str) -> None:
    response = correct(keeping(tmp_path, ("0", label)), png(), label)
    assert response.status_code == 200, response.text
    found = folders.read(tmp_path / "digits")
    assert [item.label for item in found.parts["train"]] == [label]
    assert {path.name for path in tmp_path.iterdir()} == {"digits"}, "nothing outside the model's folder"


REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "a label of no class": ("label=ten", {"data": png()}, 400, "Its labels are 0, 1"),
    "no label": ("", {"data": png()}, 400, "Send the right label once"),
    "another parameter": ("label=1&name=me", {"data": png()}, 400, "Unknown query parameter"),
    "no body": ("label=1", {"data": b""}, 400, "has no picture"),
    "no picture": ("label=1", {"data": b"no picture"}, 415, "not a picture of an accepted type"),
    "a blank picture": ("label=1", {"data": blank_png()}, 422, ""),
    "two pictures": ("label=1", {"json": images(png(), png(40))}, 400, ""),
}


@pytest.mark.parametrize(("query", "sent", "status", "words"), REFUSALS.values(), ids=REFUSALS)
def test_what_no_model_could_learn_from_is_refused(
    tmp_path: Path, query: str, sent: dict[str, Any], status: int, words: str
) -> None:
    kind = "application/json" if "json" in sent else "image/png"
    response = keeping(tmp_path).post(CORRECT, query_string=query, content_type=kind, **sent)
    assert refused(response, words)[0] == status
    assert files(tmp_path) == []


def test_an_unknown_model_keeps_nothing(tmp_path: Path) -> None:
    assert post(keeping(tmp_path), "/v1/models/nobody:correct", label="1").status_code == 404
    assert files(tmp_path) == []


def test_corrections_are_off_unless_a_folder_is_named(client: Client, tmp_path: Path) -> None:
    assert refused(correct(client, png(), "1")) == (404, "not_found")
    told = [each.get("/v1/models").get_json()["corrections"] for each in (client, keeping(tmp_path))]
    assert told == [False, True]


@pytest.mark.parametrize(
    "limit",
    [{"corrections_max": 1}, {"corrections_max_bytes": len(png()) + 1}, {"corrections_disk_share": 0.01}],
)
def test_no_more_is_kept_than_may_be(tmp_path: Path, limit: dict[str, float]) -> None:
    client = keeping(tmp_path, DIGITS.labels, **limit)
    _, last = [correct(client, png(side), "1") for side in (28, 40)]
    assert refused(last) == (507, "corrections_full")
    assert len(files(tmp_path)) <= 2


def test_a_folder_that_cannot_be_written_is_an_error_without_a_path(tmp_path: Path) -> None:
    (tmp_path / "digits").write_text("a file where the model's folder belongs")
    response = correct(keeping(tmp_path), png(), "1")
    assert response.status_code == 500
    assert str(tmp_path) not in response.text
