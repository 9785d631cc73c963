"""Hosts to listen on, in every form in which people write them."""

from __future__ import annotations

import pytest

from serving.listening import addresses, bare, is_any, is_loopback, joined


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("[::1]", "[::1]:80"), ("host", "host:80")],
)
def test_an_ipv6_address_gets_brackets_before_its_port(host: str, expected: str) -> None:
    assert joined(host, 80) == expected


def test_localhost_means_both_loopback_addresses_and_anything_else_itself() -> None:
    assert addresses("localhost") == ["127.0.0.1", "::1"]
    assert addresses("[::]") == ["::"]
    assert addresses("example.org") == ["example.org"]


def test_brackets_are_taken_off_an_address_that_has_them() -> None:
    assert (bare("[fd00::1]"), bare("0.0.0.0")) == ("fd00::1", "0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_is_told_from_every_form(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_all_addresses_are_not_loopback(host: str) -> None:
    assert is_any(host)
    assert not is_loopback(host)


def test_a_name_is_neither() -> None:
    assert not is_any("example.org")
    assert not is_loopback("example.org")
