"""Questions as a caller puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from serving.gateway.app import Gateway, create_app
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, png

REQUEST_ID = "0af7651916cd43dd"


class Client(FlaskClient):
    """A caller of a gateway, and the model server that its gateway asks."""

    application: Gateway
    predictor: FakePredictor


def caller(predictor: FakePredictor | None = None, **settings: Any) -> Client:  # noqa: ANN401 - each has its own type
    """A caller of a gateway with these settings; its only model is ``digits`` unless they say otherwise."""
    asked = predictor or FakePredictor()
    app = create_app(Settings(**{"models": ("digits",), **settings}), asked)
    client = Client(app, app.response_class)
    client.predictor = asked
    return client


def post(
    client: FlaskClient,
    path: str = CLASSIFY,
    data: bytes | None = None,
    kind: str = "image/png",
    headers: Mapping[str, str] | None = None,
    **query: str,
) -> TestResponse:
    """What a body is answered with, by default a raw picture."""
    content, asked = png() if data is None else data, query or None
    return client.post(path, data=content, content_type=kind, headers=headers, query_string=asked)


def only(response: TestResponse) -> dict[str, Any]:
    """The prediction of an answer that has one."""
    assert response.status_code == 200, response.text
    (prediction,) = response.get_json()["predictions"]
    assert isinstance(prediction, dict)
    return prediction


def refused(response: TestResponse, words: str = "") -> tuple[int, str]:
    """The status and the code of a problem whose detail has these words."""
    assert response.content_type == "application/problem+json", response.text
    assert words in response.get_json()["detail"], response.text
    return response.status_code, response.get_json()["code"]
