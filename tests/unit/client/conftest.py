"""Fixtures of the client's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.synchronous import Client
from tests.unit.client.fake_gateway import FakeGateway, start
from tests.unit.client.made import grey_png


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """A scripted gateway on a free port."""
    fake = FakeGateway()
    server = start(fake)
    yield fake
    fake.ended.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    """A blocking client of it."""
    with Client(gateway.url, timeout=10) as made:
        yield made


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own configuration and environment out of the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("MNIST_URL", "MNIST_API_KEY", "MNIST_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with ten PNG files, ``0.png`` to ``9.png``."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.png").write_bytes(grey_png(bytes([number]) * 784))
    return folder
