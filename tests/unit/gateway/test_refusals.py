"""``:classify``: paths, options, bodies and pictures that are refused, and nothing is predicted for them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.unit.gateway.asking import Client, caller, post, refused
from tests.unit.gateway.pictures import CLASSIFY, b64, blank_png, form, images, png

MULTIPART = "multipart/form-data; boundary=x"
BAD, TOO_LARGE = (400, "bad_request"), (413, "too_large")
UNSUPPORTED = (415, "unsupported_media_type")
DATA_URLS = ("data:image/png,AAAA", "data:image/png;base64,A")
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


BODIES: dict[str, tuple[tuple[int, str], str, dict[str, Any]]] = {
    "no body": (BAD, "no picture", raw(b"")),
    "JSON without pictures": (BAD, "", {"json": {"images": []}}),
    "a form without files": (BAD, "", raw(b"--x--\r\n", MULTIPART)),
    "a form of text alone": (BAD, "no picture", {"data": {"top_k": "3"}, "content_type": MULTIPART}),
    "a form without a boundary": (BAD, "boundary", raw(b"--x--", "multipart/form-data")),
    "a boundary that is too long": (BAD, "boundary", raw(b"--x--", MULTIPART + "y" * 300)),
    "another model in the form than in the path": (BAD, "", field(model="other")),
    "an option in the form that is no number": (BAD, "top_k", field(top_k="many")),
    "an option in the form that is no fit": (BAD, "fit", field(fit="squeeze")),
    "an unknown encoding": (UNSUPPORTED, "", raw(png(), encoding="br")),
    "an empty gzip": (BAD, "", raw(b"", encoding="gzip")),
    "no gzip": (BAD, "", raw(b"hello", encoding="gzip")),
    "a gzip that ends early": (BAD, "", raw(ZIPPED[:-4], encoding="gzip")),
    "more than a gzip": (BAD, "", raw(ZIPPED + b"x", encoding="gzip")),
    "a bomb": (TOO_LARGE, "", raw(gzip.compress(bytes(200_000_000), 9), "application/json", "gzip")),
    "plain text": (UNSUPPORTED, "", raw(png(), "text/plain")),
    "a form in an URL": (UNSUPPORTED, "", raw(png(), "application/x-www-form-urlencoded")),
    "XML": (UNSUPPORTED, "", raw(png(), "application/xml")),
    "no type": (UNSUPPORTED, "", raw(png(), "")),
    "a file that is no picture": ((415, "unsupported_image"), "", {"data": form(("notes.txt", b"hello"))}),
    "a blank page": ((422, "unusable_image"), "", raw(blank_png())),
    "a truncated picture": ((400, "unreadable_image"), "", raw(png(200)[:-60])),
}


@pytest.mark.parametrize(("problem", "words", "body"), BODIES.values(), ids=BODIES)
def test_what_holds_no_picture_that_can_be_classified_is_refused(
    client: Client, problem: tuple[int, str], words: str, body: dict[str, Any]
) -> None:
    assert refused(client.post(CLASSIFY, **body), words) == problem
    assert client.predictor.predictions() == []


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
def test_a_malformed_form_is_a_4xx(client: Client, body: bytes) -> None:
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
        *(f'{{"images": [{{"b64": "{text}"}}]}}'.encode() for text in ("###", "\\ud800", *DATA_URLS)),
        "\ufeff{}".encode("utf-16"),
    ],
)
def test_malformed_json_is_400(client: Client, body: bytes) -> None:
    assert refused(post(client, data=body, kind="application/json")) == BAD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("top_k", value) for value in ("0", "-1", "x", "", "1001", "3&top_k=4", "%00")),
        *(("include", value) for value in ("all", "", "input,")),
        *(("fit", value) for value in ("crop", "")),
        ("topk", "3"),
    ],
)
def test_an_unknown_option_is_refused_with_what_is_allowed(client: Client, name: str, value: str) -> None:
    response = post(client, f"{CLASSIFY}?{name}={value}")
    assert refused(response, "top_k" if name == "topk" else name) == BAD


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
    limits: dict[str, Any], most: dict[str, Any], more: dict[str, Any]
) -> None:
    client = caller(**limits)
    assert client.post(CLASSIFY, **most).status_code == 200
    assert refused(client.post(CLASSIFY, **more)) == TOO_LARGE


def test_one_bad_picture_among_several_carries_its_own_error(client: Client) -> None:
    response = client.post(CLASSIFY, data=form(("seven.png", png()), ("notes.txt", b"hello")))
    good, bad = response.get_json()["predictions"]
    assert (response.status_code, good["name"], good["label"]) == (200, "seven.png", "7")
    assert (set(bad), set(bad["error"])) == ({"name", "error"}, {"status", "code", "title", "detail"})
    assert (bad["error"]["status"], bad["error"]["code"]) == (415, "unsupported_image")


def test_bad_base64_fails_its_own_picture_only(client: Client) -> None:
    response = client.post(CLASSIFY, json={"images": [{"b64": "#"}, {"b64": b64(png())}]})
    bad, good = response.get_json()["predictions"]
    assert (bad["error"]["status"], good["label"]) == (400, "7")


def test_several_pictures_that_all_fail_are_422_with_each_error(client: Client) -> None:
    response = client.post(CLASSIFY, data=form(("a", b"hello"), ("b", blank_png())))
    assert refused(response) == (422, "all_images_failed")
    errors = response.get_json()["errors"]
    assert [(each["name"], each["error"]["status"]) for each in errors] == [("a", 415), ("b", 422)]
