"""Whose word is taken for where a request comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connections import get
from tests.integration.worker_server import Server, serving

TRUSTED = "127.0.0.0/8,10.0.0.0/8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), forwarded_allow_ips=TRUSTED) as running:
        yield running


def address(server: Server, header: str) -> str:
    """The address that the application sees of a request from a proxy on this machine."""
    return str(json.loads(server.say(get("/environ", header)).body)["REMOTE_ADDR"])


FOUND = {
    "one address": ("X-Forwarded-For: 198.51.100.7", "198.51.100.7"),
    "the last of two": ("X-Forwarded-For: 203.0.113.9, 198.51.100.7", "198.51.100.7"),
    "one before a trusted proxy": ("X-Forwarded-For: 198.51.100.7, 10.0.0.2", "198.51.100.7"),
    "the first where all are trusted": ("X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3"),
    "one of IPv6": ("X-Forwarded-For: 2001:db8::1", "2001:db8::1"),
    "none": ("X-Forwarded-For: ", "127.0.0.1"),
    "none in a header with an underscore": ("X_Forwarded_For: 198.51.100.7", "127.0.0.1"),
}


@pytest.mark.parametrize(("header", "found"), FOUND.values(), ids=FOUND)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(server: Server, header: str, found: str) -> None:
    assert address(server, header) == found


def test_nobody_else_is_believed(tmp_path: Path) -> None:
    with serving(tmp_path, forwarded_allow_ips="") as server:
        assert address(server, "X-Forwarded-For: 198.51.100.7") == "127.0.0.1"
