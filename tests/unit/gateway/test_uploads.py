"""Request bodies: forms, JSON, compression, limits."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from serving.errors import InputError, TooLarge
from serving.gateway.app import create_app
from serving.gateway.protocols.uploads import clean_name, parse_multipart
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, b64, png

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
    (upload,) = parse_multipart(body, "x", 8)
    assert (upload.name, upload.data) == ("b.png", data[:size])


def test_a_part_of_an_image_type_needs_no_file_name() -> None:
    body = part('name="a"', b"data", "Content-Type: image/png") + b"--x--\r\n"
    (upload,) = parse_multipart(body, "x", 8)
    assert (upload.name, upload.data) == (None, b"data")


def test_a_plain_field_is_refused() -> None:
    with pytest.raises(InputError, match="file"):
        parse_multipart(part('name="top_k"', b"3") + b"--x--\r\n", "x", 8)


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
        b'{"images": [{"b64": "data:image/png;base64,AAAA"}]}',
        b'{"images": [{"b64": "###"}]}',
        b'{"images": [{"b64": "\\ud800"}]}',
        "\ufeff{}".encode("utf-16"),
    ],
)
def test_malformed_json_is_400(client: FlaskClient, body: bytes) -> None:
    response = client.post(CLASSIFY, data=body, content_type="application/json")
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")


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
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")


def test_an_unknown_encoding_is_415(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "br"}
    response = client.post(CLASSIFY, data=png(), content_type="image/png", headers=headers)
    assert (response.status_code, response.get_json()["code"]) == (415, "unsupported_media_type")


def test_the_limit_counts_after_inflation(client: FlaskClient) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert len(bomb) < 1_000_000
    response = client.post(
        CLASSIFY, data=bomb, content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert (response.status_code, response.get_json()["code"]) == (413, "too_large")


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
    client = create_app(Settings(models=("digits",), max_image_bytes=1000), predictor).test_client()
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
    assert (response.status_code, response.get_json()["code"]) == (408, "slow_upload")


def test_one_picture_may_have_as_many_bytes_as_the_settings_say(predictor: FakePredictor) -> None:
    at = create_app(Settings(models=("digits",), max_image_bytes=len(png())), predictor).test_client()
    over = create_app(Settings(models=("digits",), max_image_bytes=len(png()) - 1), predictor).test_client()
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
