"""A caller of the gateway with the defaults, and a file of keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.gateway.asking import Client, caller
from tests.unit.gateway.keyed import KeyFile


@pytest.fixture
def client() -> Client:
    """A caller of a gateway before a model server with ``digits`` version 3."""
    return caller()


@pytest.fixture
def key_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> KeyFile:
    """A file of API keys."""
    return KeyFile(tmp_path, capsys)
