"""The gateway before a model server of many signatures."""

from __future__ import annotations

import pytest

from tests.unit.gateway.asking import Client, caller
from tests.unit.gateway.predict.kinds import Kinds


@pytest.fixture
def kinds() -> Kinds:
    """A model server with the model ``kinds``."""
    return Kinds()


@pytest.fixture
def client(kinds: Kinds) -> Client:
    """A caller of the gateway before it."""
    return caller(kinds, models=("kinds",))
