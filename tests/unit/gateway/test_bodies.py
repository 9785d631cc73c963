"""Request bodies: how pictures are sent in them, compression, limits, and bodies that end early."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from serving.gateway.protocols.uploads import parse_multipart
from tests.unit.gateway.asking import Client, caller, only, post, refused
from tests.unit.gateway.pictures import CLASSIFY, b64, form, images, png

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


B64 = {"b64": "iVBORw0KGgo="}


class CountingBody(io.RawIOBase):
    """A body without an end that counts what was taken of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.taken += len(buffer)
        return len(buffer)


def requested(body: io.IOBase, length: int | None = None) -> WSGIEnvironment:
    """A request with a body of this Content-Length, or of none, as a chunked one has none."""
    environ = create_environ(CLASSIFY, method="POST", content_type="image/png")
    environ.pop("CONTENT_LENGTH", None)
    measured = {"wsgi.input_terminated": True} if length is None else {"CONTENT_LENGTH": str(length)}
    return {**environ, "wsgi.input": body, **measured}


def part(name: str, data: bytes, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {name}", *headers]
    return b"--x\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "identity"])
def test_a_compressed_body_is_inflated(client: Client, encoding: str) -> None:
    packed = {"gzip": gzip.compress(png()), "deflate": zlib.compress(png()), "identity": png()}
    headers = {"Content-Encoding": encoding}
    assert post(client, data=packed[encoding.lower()], headers=headers).status_code == 200


@pytest.mark.parametrize(("length", "most"), [(1001, 0), (None, 1_000_000)], ids=["stated", "chunked"])
def test_no_more_is_read_of_a_body_than_its_limit_allows(length: int | None, most: int) -> None:
    body, client = CountingBody(), caller(max_image_bytes=1000)
    assert Response.from_app(client.application, requested(body, length)).status_code == 413
    assert body.taken <= most


def test_a_chunked_body_is_read(client: Client) -> None:
    assert Response.from_app(client.application, requested(io.BytesIO(png()))).status_code == 200


def test_a_body_that_ends_early_is_408(client: Client) -> None:
    response = Response.from_app(client.application, requested(io.BytesIO(png()), len(png()) + 1))
    assert (response.status_code, response.get_json()["code"]) == (408, "slow_upload")


@pytest.mark.parametrize("size", [0, 1, 2, 1000, 70_000])
def test_a_file_in_a_form_arrives_byte_for_byte(size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    (upload,) = parse_multipart(part('name="a"; filename="b.png"', data) + b"--x--\r\n", "x", 8).uploads
    assert (upload.name, upload.data) == ("b.png", data)


def test_a_part_of_an_image_type_needs_no_file_name_and_text_beside_it_is_kept_apart() -> None:
    body = part('name="top_k"', b" 3 ") + part('name="a"', b"data", "Content-Type: image/png") + b"--x--\r\n"
    sent = parse_multipart(body, "x", 1)
    assert [(upload.name, upload.data) for upload in sent.uploads] == [(None, b"data")]
    assert sent.fields == {"top_k": "3"}


@pytest.mark.parametrize(
    ("query", "fields", "listed"),
    [
        ("", {"top_k": "2"}, 2),
        ("", {"top_k": "2", "submit": "Go"}, 2),
        ("", {"top_k": "2", "fit": ""}, 2),
        ("?top_k=1", {"top_k": "2"}, 1),
    ],
    ids=["one", "beside a field of the browser's", "beside an empty one", "but the query has the last word"],
)
def test_text_fields_of_a_form_are_options(
    client: Client, query: str, fields: dict[str, str], listed: int
) -> None:
    response = client.post(CLASSIFY + query, data=form(("a.png", png()), **fields))
    assert len(only(response)["top"]) == listed


@pytest.mark.parametrize("path", ["/classify", CLASSIFY])
def test_a_form_may_name_the_model(client: Client, path: str) -> None:
    named = client.post(path, data=form(("a.png", png()), model="digits"))
    assert named.get_json()["model"]["name"] == "digits"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("seven.png", "seven.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\pictures\\a.png", "a.png"),
        ("a\x00\x1b[31m\u2028b", "a[31mb"),
        ("x" * 300, "x" * 255),
        ("sieben ä.png", "sieben ä.png"),
        ('../../a\\b\r\nX: <script>"\u202e.png', 'bX: <script>".png'),
    ],
)
def test_names_lose_folders_and_control_characters(client: Client, name: str, cleaned: str) -> None:
    body = {"images": [{"b64": b64(png()), "name": name}]}
    assert only(client.post(CLASSIFY, json=body))["name"] == cleaned


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
def test_base64_is_taken_in_lines_and_as_a_data_url(client: Client, write: Callable[[str], str]) -> None:
    assert only(client.post(CLASSIFY, json={"images": [{"b64": write(b64(png(60)))}]}))["label"] == "7"


def test_json_may_begin_with_a_byte_order_mark(client: Client) -> None:
    body = codecs.BOM_UTF8 + json.dumps(images(png())).encode()
    assert post(client, data=body, kind="application/json").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        *({"instances": [entry]} for entry in (B64, {"images": B64}, {"image_bytes": B64})),
        *({"inputs": entry} for entry in (B64, {"image_bytes": B64})),
        {"images": [B64]},
    ],
)
def test_an_encoded_picture_for_predict_is_sent_to_classify(client: Client, body: object) -> None:
    response = client.post("/v1/models/digits:predict", json=body)
    assert refused(response, ":classify") == (400, "bad_request")
