"""A gateway with one worker in front of a model server that misbehaves when told to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import known_model
from tests.faults.stand_in import StandIn
from tests.hostile.gateway import Gateway, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A model server that answers for every model name."""
    server = StandIn()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def gateway(stand_in: StandIn, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway with the settings that the test gives as the fixture's parameter, if any."""
    settings = {"GATEWAY_MODELS": known_model.NAME, **getattr(request, "param", {})}
    with running(tmp_path / "gateway", f"127.0.0.1:{stand_in.port}", **settings) as found:
        yield found
