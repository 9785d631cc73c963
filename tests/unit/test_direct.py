"""Servers of this machine are reached although the environment names a proxy, which is nowhere."""

from __future__ import annotations

import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from serving.administration import signals
from serving.direct import channel_options, opened, without_grpc_proxy

PROXY = "http://127.0.0.1:9"


class Handler(BaseHTTPRequestHandler):
    """Answers every request with a metric."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"up 1.0\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, PROXY)
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_this_machine_is_asked_without_the_proxy(host: str, port: int) -> None:
    with opened(f"http://{host}:{port}/metrics", 5) as reply:
        assert reply.read() == b"up 1.0\n"
    assert signals.scrape([f"http://{host}:{port}"]) == {("up", frozenset()): 1.0}


def test_another_machine_is_asked_through_the_proxy_unless_it_is_known_to_be_this_one() -> None:
    with pytest.raises(urllib.error.URLError, match="refused"):
        opened("http://gateway.example.org/metrics", 5)
    with pytest.raises(urllib.error.URLError, match=r"Name or service|resolution|No address"):
        opened("http://gateway.invalid/metrics", 5, own=True)


def test_a_model_server_of_this_machine_is_called_without_the_proxy() -> None:
    for address in ("127.0.0.1:8500", "[::1]:8500", "localhost:8500"):
        assert channel_options(address) == [("grpc.enable_http_proxy", 0)]
    for address in ("models.example.org:8500", "unix:/tmp/1.sock"):
        assert channel_options(address) == []


def test_the_gateway_of_the_stack_calls_its_model_server_without_the_proxy() -> None:
    own = "127.0.0.1:8500"
    assert without_grpc_proxy({}, own) == {"no_grpc_proxy": "127.0.0.1"}
    assert without_grpc_proxy({"no_proxy": "a,b"}, own) == {"no_grpc_proxy": "a,b,127.0.0.1"}
    assert without_grpc_proxy({"no_proxy": "a", "no_grpc_proxy": "c"}, own) == {
        "no_grpc_proxy": "c,127.0.0.1"
    }
    assert without_grpc_proxy({}, "models.example.org:8500") == without_grpc_proxy({}, "") == {}
