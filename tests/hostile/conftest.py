"""Gateways for hostile tests, before the model server of the shared stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.gateway import Gateway, running
from tests.stack import Stack


@pytest.fixture(scope="session")
def gateway(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that lets everybody in."""
    with running(tmp_path_factory.mktemp("open"), stack.grpc_address) as found:
        yield found
