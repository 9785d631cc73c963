"""Proxy variables of the environment, with real proxies on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.errors import ProxyError, ServiceUnreachable
from client.proxies import proxy_for
from client.synchronous import Client
from tests.unit.client.fake_gateway import FakeGateway

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
AWAY = "http://classifier.test"
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def _proxy_to(gateway: FakeGateway) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that takes one connection to the gateway, whatever the host; and what it was asked."""
    asked: list[bytes] = []
    port = int(gateway.url.rsplit(":", 1)[1])

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, socket.create_connection(("127.0.0.1", port)) as onward:
            request = connection.recv(65536)
            asked.append(request.split(b"\r\n", 1)[0])
            onward.sendall(request)
            while block := onward.recv(65536):
                connection.sendall(block)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_used(variable: str, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with _proxy_to(gateway) as (address, asked):
        monkeypatch.setenv(variable, address)
        with Client(AWAY, timeout=20) as client:
            assert client.models()[0].name == "mnist"
    assert asked == [b"GET http://classifier.test/v1/models HTTP/1.1"]


def test_a_loopback_address_is_never_proxied(gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    for url in (gateway.url, gateway.url.replace("127.0.0.1", "localhost")):
        with Client(url, timeout=20) as client:
            assert client.classify(b"22").label == "2"
    assert proxy_for("http://[::1]:8080") is None


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_dead_proxy_is_named_with_its_variable(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://me:s3cret@127.0.0.1:9")
    with Client(AWAY, retries=0) as client, pytest.raises(ServiceUnreachable) as caught:
        client.models()
    assert f"127.0.0.1:9 that {variable} names" in caught.value.detail
    assert "is the service running" not in caught.value.detail
    assert "s3cret" not in caught.value.detail


@pytest.mark.parametrize(
    "value", ["http://", "http://host:port", "ftp://host", "socks5://127.0.0.1:9", "://"]
)
def test_an_unusable_proxy_is_named_with_its_variable(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(ProxyError, match="ALL_PROXY"):
        Client(AWAY)


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "http://classifier.test", True),
        ("classifier.test", "http://classifier.test", True),
        ("test", "http://classifier.test", True),
        (".test", "http://classifier.test", True),
        ("fier.test", "http://classifier.test", False),
        ("other, Classifier.Test", "http://classifier.test:8080", True),
        ("classifier.test:8080", "http://classifier.test:8080", True),
        ("classifier.test:80", "http://classifier.test:8080", False),
        ("10.0.0.0/8", "http://10.1.2.3", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("10.1.2.3", "http://10.1.2.3:8080", True),
        ("fd00::/8", "http://[fd12::1]:8080", True),
        ("[fd12::1]", "http://[fd12::1]:8080", True),
        ("[fd12::1]:8080", "http://[fd12::1]:8080", True),
        ("[fd12::1]:80", "http://[fd12::1]:8080", False),
        ("[::1]", "http://classifier.test", False),
        ("fd00::/8, ,[", "http://classifier.test", False),
    ],
)
def test_no_proxy_takes_names_addresses_and_networks(
    no_proxy: str, url: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(url) is None) is direct


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [("ALL_PROXY", "socks5://127.0.0.1:9", 2), ("HTTP_PROXY", "http://x:y", 2), ("HTTP_PROXY", DEAD, 3)],
)
def test_the_command_ends_with_a_sentence(variable: str, value: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"1")
    command = [sys.executable, "-m", "client", "classify", str(tmp_path / "1.png"), "--url", AWAY]
    environ = {name: text for name, text in os.environ.items() if name.upper() not in VARIABLES}
    done = subprocess.run(
        [*command, "--retries", "0"],
        env={**environ, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
