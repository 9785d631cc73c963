"""The gateway before a model server of many signatures."""

from __future__ import annotations

import pytest

from tests.unit.gateway.asking import Client, caller
from tests.unit.gateway.predict.kinds import Kinds


@pytest.fixture
def client() -> Client:
    """A caller of a gateway before a model server with the model ``kinds``."""
    return caller(Kinds(), models=("kinds",))
