"""The chain of fixtures: a fake model server, settings, the app, a client."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from serving.gateway.app import Gateway, create_app
from serving.gateway.settings.settings import Settings
from tests.unit.gateway.fakes import FakePredictor


@pytest.fixture
def predictor() -> FakePredictor:
    """A model server with ``digits`` version 3."""
    return FakePredictor()


@pytest.fixture
def settings() -> Settings:
    """The defaults, with ``digits`` as the only model."""
    return Settings(models=("digits",))


@pytest.fixture
def app(settings: Settings, predictor: FakePredictor) -> Gateway:
    """The gateway between the two."""
    return create_app(settings, predictor)


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """Where a file of API keys may be written."""
    return tmp_path / "keys.txt"


@pytest.fixture
def client(app: Gateway) -> FlaskClient:
    """A caller."""
    return app.test_client()
