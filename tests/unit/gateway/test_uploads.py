"""Request bodies: forms, JSON, compression, limits."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from serving.errors import TooLarge
from serving.gateway.protocols.multipart import parse_multipart
from serving.gateway.protocols.sent_pictures import clean_name
from tests.unit.gateway.asking import caller, refused
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, b64, form, png

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ReadCounter(io.BytesIO):
    """A body that knows whether it was read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


class EndlessBody(io.RawIOBase):
    """A body without an end that counts what was taken of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.taken += len(buffer)
        return len(buffer)


def part(name: str, data: bytes, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {name}", *headers]
    return b"--x\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


def unmeasured(body: io.IOBase) -> WSGIEnvironment:
    """A request whose body has no Content-Length, as a chunked one has none."""
    environ = create_environ(CLASSIFY, method="POST", content_type="image/png")
    environ.update({"wsgi.input": body, "wsgi.input_terminated": True})
    environ.pop("CONTENT_LENGTH", None)
    return environ


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
    "write",
    [
        lambda text: "\n".join(text[start : start + 76] for start in range(0, len(text), 76)) + "\n",
        lambda text: "\r\n".join(text[start : start + 64] for start in range(0, len(text), 64)),
        lambda text: f"data:image/png;base64,{text}",
        lambda text: f"data:image/jpeg;name=a.png;base64,{text}",
        lambda text: f"  DATA:;BASE64,{text}\n",
    ],
)
def test_base64_is_taken_in_lines_and_as_a_data_url(client: FlaskClient, write: Callable[[str], str]) -> None:
    response = client.post(CLASSIFY, json={"images": [{"b64": write(b64(png(60)))}]})
    assert response.status_code == 200


def test_json_may_begin_with_a_byte_order_mark(client: FlaskClient) -> None:
    body = codecs.BOM_UTF8 + json.dumps({"images": [{"b64": b64(png())}]}).encode()
    assert client.post(CLASSIFY, data=body, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{"b64": "iVBORw0KGgo="}]},
        {"instances": [{"images": {"b64": "iVBORw0KGgo="}}]},
        {"instances": [{"image_bytes": {"b64": "iVBORw0KGgo="}}]},
        {"inputs": {"b64": "iVBORw0KGgo="}},
        {"inputs": {"image_bytes": {"b64": "iVBORw0KGgo="}}},
        {"images": [{"b64": "iVBORw0KGgo="}]},
    ],
)
def test_an_encoded_picture_for_predict_is_sent_to_classify(client: FlaskClient, body: object) -> None:
    response = client.post("/v1/models/digits:predict", json=body)
    assert response.status_code == 400
    assert ":classify" in response.get_json()["detail"]


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
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"images": {}}',
        b'{"images": [1]}',
        b'{"images": [{"b64": 1}]}',
        b'{"images": [{"name": "a"}]}',
        b'{"images": [{"b64": "", "name": 1}]}',
        b'{"images": [{"b64": "", "url": "http://localhost/"}]}',
        b'{"images": [], "extra": 1}',
        b'{"images": [NaN]}',
        b"[" * 100_000,
        b'{"images": [{"b64": "data:image/png,AAAA"}]}',
        b'{"images": [{"b64": "data:image/png;base64,A"}]}',
        b'{"images": [{"b64": "###"}]}',
        b'{"images": [{"b64": "\\ud800"}]}',
        "\ufeff{}".encode("utf-16"),
    ],
)
def test_malformed_json_is_400(client: FlaskClient, body: bytes) -> None:
    response = client.post(CLASSIFY, data=body, content_type="application/json")
    assert refused(response) == (400, "bad_request")


def test_bad_base64_fails_its_own_picture_only(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, json={"images": [{"b64": "#"}, {"b64": b64(png())}]})
    bad, good = response.get_json()["predictions"]
    assert (bad["error"]["status"], good["label"]) == (400, "7")


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(png(), mtime=0)),
        ("deflate", zlib.compress(png())),
        ("identity", png()),
        ("GZIP", gzip.compress(png(), mtime=0)),
    ],
)
def test_a_compressed_body_is_inflated(client: FlaskClient, encoding: str, packed: bytes) -> None:
    headers = {"Content-Encoding": encoding}
    response = client.post(CLASSIFY, data=packed, content_type="image/png", headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "packed", [b"", b"hello", gzip.compress(png(), mtime=0)[:-4], gzip.compress(png(), mtime=0) + b"x"]
)
def test_a_body_that_is_not_gzip_is_400(client: FlaskClient, packed: bytes) -> None:
    response = client.post(
        CLASSIFY, data=packed, content_type="image/png", headers={"Content-Encoding": "gzip"}
    )
    assert refused(response) == (400, "bad_request")


def test_an_unknown_encoding_is_415(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "br"}
    response = client.post(CLASSIFY, data=png(), content_type="image/png", headers=headers)
    assert refused(response) == (415, "unsupported_media_type")


def test_the_limit_counts_after_inflation(client: FlaskClient) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert len(bomb) < 1_000_000
    response = client.post(
        CLASSIFY, data=bomb, content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert refused(response) == (413, "too_large")


def test_a_content_length_over_the_limit_is_refused_before_anything_is_read(client: FlaskClient) -> None:
    body = ReadCounter(b"x")
    response = client.post(
        CLASSIFY,
        input_stream=body,
        content_type="image/png",
        environ_overrides={"CONTENT_LENGTH": "10000001"},
    )
    assert (response.status_code, body.reads) == (413, 0)


def test_a_body_without_a_length_is_read_up_to_the_limit_only(predictor: FakePredictor) -> None:
    client = caller(predictor, max_image_bytes=1000)
    body = EndlessBody()
    response = Response.from_app(client.application, unmeasured(body))
    assert response.status_code == 413
    assert body.taken < 1_000_000


def test_a_chunked_body_is_read(client: FlaskClient) -> None:
    response = Response.from_app(client.application, unmeasured(io.BytesIO(png())))
    assert response.status_code == 200


def test_a_body_that_ends_early_is_408(client: FlaskClient) -> None:
    response = client.post(
        CLASSIFY,
        input_stream=io.BytesIO(png()),
        content_type="image/png",
        environ_overrides={"CONTENT_LENGTH": str(len(png()) + 1)},
    )
    assert refused(response) == (408, "slow_upload")


def test_one_picture_may_have_as_many_bytes_as_the_settings_say(predictor: FakePredictor) -> None:
    at = caller(predictor, max_image_bytes=len(png()))
    over = caller(predictor, max_image_bytes=len(png()) - 1)
    body = {"images": [{"b64": b64(png())}]}
    for request in ({"data": png(), "content_type": "image/png"}, {"json": body}):
        assert at.post(CLASSIFY, **request).status_code == 200
        assert over.post(CLASSIFY, **request).status_code == 413


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
