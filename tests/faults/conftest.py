"""A model server with faults, for the tests of a gateway before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.stand_in import StandIn


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """A model server that answers as it should until a test gives it a fault; one per module."""
    server = StandIn()
    server.start()
    yield server
    server.stop()
