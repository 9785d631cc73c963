"""Request bodies: compression, limits, and bodies that end early."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from tests.unit.gateway.asking import caller, refused
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


def unmeasured(body: io.IOBase) -> WSGIEnvironment:
    """A request whose body has no Content-Length, as a chunked one has none."""
    environ = create_environ(CLASSIFY, method="POST", content_type="image/png")
    environ.update({"wsgi.input": body, "wsgi.input_terminated": True})
    environ.pop("CONTENT_LENGTH", None)
    return environ


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
