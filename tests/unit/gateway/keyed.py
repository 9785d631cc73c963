"""A gateway that asks for keys, and callers of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from serving.gateway import keys
from tests.unit.gateway.asking import caller
from tests.unit.gateway.fakes import FakePredictor
from tests.unit.gateway.pictures import CLASSIFY, png


def create(file: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Make a key with the command; returns the key."""
    assert keys.main(["create", name, "--file", str(file)]) == 0
    return capsys.readouterr().out.strip()


def locked(file: Path, **settings: Any) -> FlaskClient:  # noqa: ANN401 - each has its own type
    """A caller of a gateway with a file of keys."""
    return caller(FakePredictor(), api_keys_file=str(file), **settings)


def classify(client: FlaskClient, **headers: str) -> int:
    """The status that a picture is answered with."""
    return client.post(CLASSIFY, data=png(), content_type="image/png", headers=headers).status_code
