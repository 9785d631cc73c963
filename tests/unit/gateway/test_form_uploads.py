"""Pictures in multipart forms: their files, their text fields, and forms that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from serving.errors import TooLarge
from serving.gateway.protocols.uploads import clean_name, parse_multipart
from tests.unit.gateway.pictures import CLASSIFY, form, png

if TYPE_CHECKING:
    pass


def part(name: str, data: bytes, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {name}", *headers]
    return b"--x\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize("size", [0, 1, 2, 1000, 70_000])
def test_a_file_in_a_form_arrives_byte_for_byte(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    body = part('name="a"; filename="b.png"', data[:size]) + b"--x--\r\n"
    (upload,) = parse_multipart(body, "x", 8).uploads
    assert (upload.name, upload.data) == ("b.png", data[:size])


def test_a_part_of_an_image_type_needs_no_file_name() -> None:
    body = part('name="a"', b"data", "Content-Type: image/png") + b"--x--\r\n"
    (upload,) = parse_multipart(body, "x", 8).uploads
    assert (upload.name, upload.data) == (None, b"data")


def test_a_text_field_beside_a_file_is_kept_apart() -> None:
    body = part('name="top_k"', b" 3 ") + part('name="a"; filename="b.png"', b"data") + b"--x--\r\n"
    sent = parse_multipart(body, "x", 1)
    assert [upload.data for upload in sent.uploads] == [b"data"]
    assert sent.fields == {"top_k": "3"}


@pytest.mark.parametrize(
    "fields", [{"top_k": "2"}, {"top_k": "2", "submit": "Go"}, {"top_k": "2", "fit": ""}]
)
def test_text_fields_of_a_form_are_options(client: FlaskClient, fields: dict[str, str]) -> None:
    response = client.post(CLASSIFY, data={**form(("a.png", png())), **fields})
    assert response.status_code == 200
    assert len(response.get_json()["predictions"][0]["top"]) == 2


def test_the_query_has_the_last_word_over_the_form(client: FlaskClient) -> None:
    response = client.post(f"{CLASSIFY}?top_k=1", data={**form(("a.png", png())), "top_k": "2"})
    assert len(response.get_json()["predictions"][0]["top"]) == 1


def test_a_form_may_name_the_model(client: FlaskClient) -> None:
    named = client.post("/classify", data={**form(("a.png", png())), "model": "digits"})
    assert named.get_json()["model"]["name"] == "digits"
    same = client.post(CLASSIFY, data={**form(("a.png", png())), "model": "digits"})
    assert same.status_code == 200


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (CLASSIFY, {"model": "other"}, 400),
        ("/classify", {"model": "no such/name"}, 404),
        ("/classify", {"model": "nobody"}, 404),
        (CLASSIFY, {"top_k": "many"}, 400),
        (CLASSIFY, {"fit": "squeeze"}, 400),
    ],
)
def test_a_wrong_option_in_a_form_is_refused(
    client: FlaskClient, path: str, fields: dict[str, str], status: int
) -> None:
    assert client.post(path, data={**form(("a.png", png())), **fields}).status_code == status


def test_a_form_of_text_alone_holds_no_picture(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data={"top_k": "3"}, content_type="multipart/form-data")
    assert (response.status_code, "no picture" in response.get_json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n",
        part('name="a"; filename="b"', b"data"),
        b"--x\r\nContent-Disposition: form-data\r\n\r\ndata\r\n--x--\r\n",
        b"--x\r\n\r\ndata\r\n--x--\r\n",
        b"garbage",
        b"--y\r\n" + png(),
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="b\r\n\r\n\r\n--x--\r\n',
        b"--x\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n\r\n--x--\r\n",
    ],
)
def test_a_malformed_form_is_a_4xx(client: FlaskClient, body: bytes) -> None:
    response = client.post(CLASSIFY, data=body, content_type="multipart/form-data; boundary=x")
    assert 400 <= response.status_code < 500
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=" + "y" * 300])
def test_a_form_without_a_usable_boundary_is_refused(client: FlaskClient, kind: str) -> None:
    assert client.post(CLASSIFY, data=b"--x--", content_type=kind).status_code == 400


def test_a_form_of_a_thousand_parts_is_refused() -> None:
    body = part('name="a"; filename="b"', b"") * 1000 + b"--x--\r\n"
    with pytest.raises(TooLarge):
        parse_multipart(body, "x", 128)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("seven.png", "seven.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\pictures\\a.png", "a.png"),
        ("a\x00\x1b[31m\u2028b", "a[31mb"),
        ("x" * 300, "x" * 255),
        ("sieben ä.png", "sieben ä.png"),
    ],
)
def test_names_lose_folders_and_control_characters(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned
