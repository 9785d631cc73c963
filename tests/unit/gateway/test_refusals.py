"""``:classify``: paths, options, bodies and pictures that are refused, and nothing is predicted for them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.asking import caller, post, refused
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, b64, blank_png, form, images, png

MULTIPART = "multipart/form-data; boundary=x"
ZIPPED = gzip.compress(png(), mtime=0)


def part(head: str, data: bytes = b"data") -> bytes:
    """A part of a form."""
    return f"--x\r\n{head}\r\n\r\n".encode() + data + b"\r\n"


def form_data(name: str) -> str:
    return f'Content-Disposition: form-data; name="a"; filename="{name}'


def raw(data: bytes, kind: str = "image/png", encoding: str | None = None) -> dict[str, Any]:
    """A body as it is."""
    return {"data": data, "content_type": kind, "headers": {"Content-Encoding": encoding} if encoding else {}}


def field(**fields: str) -> dict[str, Any]:
    """A form with a picture and these fields."""
    return {"data": form(("a.png", png()), **fields)}


BODIES: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "no body": (400, "bad_request", "no picture", raw(b"")),
    "JSON without pictures": (400, "bad_request", "", {"json": {"images": []}}),
    "a form without files": (400, "bad_request", "", raw(b"--x--\r\n", MULTIPART)),
    "a form of text alone": (
        400,
        "bad_request",
        "no picture",
        {"data": {"top_k": "3"}} | {"content_type": MULTIPART},
    ),
    "a form without a boundary": (400, "bad_request", "", raw(b"--x--", "multipart/form-data")),
    "a boundary that is too long": (400, "bad_request", "", raw(b"--x--", MULTIPART + "y" * 300)),
    "another model in the form than in the path": (400, "bad_request", "", field(model="other")),
    "an option in the form that is no number": (400, "bad_request", "top_k", field(top_k="many")),
    "an option in the form that is no fit": (400, "bad_request", "fit", field(fit="squeeze")),
    "an unknown encoding": (415, "unsupported_media_type", "", raw(png(), encoding="br")),
    "an empty gzip": (400, "bad_request", "", raw(b"", encoding="gzip")),
    "no gzip": (400, "bad_request", "", raw(b"hello", encoding="gzip")),
    "a gzip that ends early": (400, "bad_request", "", raw(ZIPPED[:-4], encoding="gzip")),
    "more than a gzip": (400, "bad_request", "", raw(ZIPPED + b"x", encoding="gzip")),
    "a bomb": (413, "too_large", "", raw(gzip.compress(bytes(200_000_000), 9), "application/json", "gzip")),
    "plain text": (415, "unsupported_media_type", "", raw(png(), "text/plain")),
    "a form in an URL": (415, "unsupported_media_type", "", raw(png(), "application/x-www-form-urlencoded")),
    "XML": (415, "unsupported_media_type", "", raw(png(), "application/xml")),
    "no type": (415, "unsupported_media_type", "", raw(png(), "")),
    "a file that is no picture": (415, "unsupported_image", "", {"data": form(("notes.txt", b"hello"))}),
    "a blank page": (422, "unusable_image", "", raw(blank_png())),
    "a truncated picture": (400, "unreadable_image", "", raw(png(200)[:-60])),
}


@pytest.mark.parametrize(("status", "code", "words", "body"), BODIES.values(), ids=BODIES)
def test_what_holds_no_picture_that_can_be_classified_is_refused(
    client: FlaskClient, predictor: FakePredictor, status: int, code: str, words: str, body: dict[str, Any]
) -> None:
    assert refused(client.post(CLASSIFY, **body), words) == (status, code)
    assert predictor.predictions() == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"garbage", b"--x", b"--x\r\n"),
        part(form_data('b"')),
        part("Content-Disposition: form-data") + b"--x--\r\n",
        part("") + b"--x--\r\n",
        b"--y\r\n" + png(),
        part(form_data("b"), b"") + b"--x--\r\n",
        pytest.param(part("A: " + "b" * 100_000, b"") + b"--x--\r\n", id="a long header"),
        pytest.param(part(form_data('b"'), b"") * 1000 + b"--x--\r\n", id="a thousand parts"),
    ],
)
def test_a_malformed_form_is_a_4xx(client: FlaskClient, body: bytes) -> None:
    status, _ = refused(post(client, data=body, kind=MULTIPART))
    assert status == (413 if body.count(b"--x") > 1000 else 400)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'{"images": {}}', b'{"images": [1]}', b'{"images": [NaN]}'),
        b'{"images": [], "extra": 1}',
        *(b'{"images": [{"b64": 1}]}', b'{"images": [{"name": "a"}]}'),
        *(b'{"images": [{"b64": "", "name": 1}]}', b'{"images": [{"b64": "", "url": "http://localhost/"}]}'),
        pytest.param(b"[" * 100_000, id="deeply nested"),
        *(
            b'{"images": [{"b64": "data:image/png,AAAA"}]}',
            b'{"images": [{"b64": "data:image/png;base64,A"}]}',
        ),
        *(b'{"images": [{"b64": "###"}]}', b'{"images": [{"b64": "\\ud800"}]}'),
        "\ufeff{}".encode("utf-16"),
    ],
)
def test_malformed_json_is_400(client: FlaskClient, body: bytes) -> None:
    assert refused(post(client, data=body, kind="application/json")) == (400, "bad_request")


@pytest.mark.parametrize(
    "query",
    [
        "top_k=0",
        "top_k=-1",
        "top_k=x",
        "top_k=",
        "top_k=1001",
        "top_k=3&top_k=4",
        "top_k=%00",
        "topk=3",
        "include=all",
        "include=",
        "include=input,",
        "fit=crop",
        "fit=",
    ],
)
def test_an_unknown_option_is_refused_with_what_is_allowed(client: FlaskClient, query: str) -> None:
    response = post(client, f"{CLASSIFY}?{query}")
    assert refused(response, "top_k" if query == "topk=3" else query.partition("=")[0]) == (
        400,
        "bad_request",
    )


@pytest.mark.parametrize(
    ("limits", "most", "more"),
    [
        ({"max_image_pixels": 1000}, raw(png(28)), raw(png(64))),
        ({"max_images": 2}, {"data": form(("a", png()), ("b", png()))}, {"data": form(*[("a", png())] * 3)}),
        ({"max_images": 2}, {"json": images(png(), png())}, {"json": images(*[png()] * 3)}),
        ({"max_image_bytes": len(png())}, raw(png()), raw(png() + b"x")),
        ({"max_image_bytes": len(png())}, {"json": images(png())}, {"json": images(png() + b"x")}),
    ],
    ids=["pixels", "pictures in a form", "pictures in JSON", "raw bytes", "bytes in JSON"],
)
def test_more_than_the_settings_allow_is_413(
    predictor: FakePredictor, limits: dict[str, int], most: dict[str, Any], more: dict[str, Any]
) -> None:
    client = caller(predictor, **limits)
    assert client.post(CLASSIFY, **most).status_code == 200
    assert refused(client.post(CLASSIFY, **more)) == (413, "too_large")


def test_one_bad_picture_among_several_carries_its_own_error(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("seven.png", png()), ("notes.txt", b"hello")))
    good, bad = response.get_json()["predictions"]
    assert (response.status_code, good["name"], good["label"]) == (200, "seven.png", "7")
    assert (set(bad), set(bad["error"])) == ({"name", "error"}, {"status", "code", "title", "detail"})
    assert (bad["error"]["status"], bad["error"]["code"]) == (415, "unsupported_image")


def test_bad_base64_fails_its_own_picture_only(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, json={"images": [{"b64": "#"}, {"b64": b64(png())}]})
    bad, good = response.get_json()["predictions"]
    assert (bad["error"]["status"], good["label"]) == (400, "7")


def test_several_pictures_that_all_fail_are_422_with_each_error(client: FlaskClient) -> None:
    response = client.post(CLASSIFY, data=form(("a", b"hello"), ("b", blank_png())))
    assert refused(response) == (422, "all_images_failed")
    errors = response.get_json()["errors"]
    assert [(each["name"], each["error"]["status"]) for each in errors] == [("a", 415), ("b", 422)]
