"""Pictures as base64 in JSON."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from tests.unit.gateway.asking import refused
from tests.unit.gateway.pictures import CLASSIFY, b64, png

if TYPE_CHECKING:
    pass


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
