"""Questions as a caller puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.gateway.pictures import CLASSIFY, png

REQUEST_ID = "0af7651916cd43dd"


def post(
    client: FlaskClient, path: str = CLASSIFY, headers: Mapping[str, str] | None = None, **query: str
) -> TestResponse:
    """What a raw picture is answered with."""
    return client.post(path, data=png(), content_type="image/png", headers=headers, query_string=query)


def only(response: TestResponse) -> dict[str, Any]:
    """The prediction of an answer that has one."""
    assert response.status_code == 200, response.text
    (prediction,) = response.get_json()["predictions"]
    assert isinstance(prediction, dict)
    return prediction
