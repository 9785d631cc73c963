"""Whose word is taken for where a request comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.worker_server import Server, get, read_answer, serving

TRUSTED = "127.0.0.0/8,10.0.0.0/8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), forwarded_allow_ips=TRUSTED) as running:
        yield running


def address(server: Server, *headers: str) -> str:
    """The address that the application sees of a request from a proxy on this machine."""
    with server.connect() as client:
        client.sendall(get("/environ", *headers))
        return str(json.loads(read_answer(client)[1])["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(
    server: Server, forwarded: str, found: str
) -> None:
    assert address(server, f"X-Forwarded-For: {forwarded}") == found


def test_a_header_with_an_underscore_is_not_believed(server: Server) -> None:
    assert address(server, "X_Forwarded_For: 198.51.100.7") == "127.0.0.1"


def test_nobody_else_is_believed(tmp_path: Path) -> None:
    with serving(tmp_path, forwarded_allow_ips="") as server:
        assert address(server, "X-Forwarded-For: 198.51.100.7") == "127.0.0.1"
