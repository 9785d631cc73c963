"""The chain of fixtures: a fake model server, the app, a client."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from serving.gateway.app import Gateway, create_app
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.keyed import KeyFile


@pytest.fixture
def predictor() -> FakePredictor:
    """A model server with ``digits`` version 3."""
    return FakePredictor()


@pytest.fixture
def app(predictor: FakePredictor) -> Gateway:
    """The gateway before it, with the default settings and ``digits`` as the only model."""
    return create_app(Settings(models=("digits",)), predictor)


@pytest.fixture
def client(app: Gateway) -> FlaskClient:
    """A caller."""
    return app.test_client()


@pytest.fixture
def key_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> KeyFile:
    """A file of API keys."""
    return KeyFile(tmp_path, capsys)
