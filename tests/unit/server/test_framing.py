"""What is checked while a request arrives, beside what httptools checks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from serving.errors import ServiceError
from serving.gateway.server.framing import FREE_OVERHEAD, TRAILER_BYTES, Framing
from serving.gateway.server.limits import ServerLimits

HOST = (b"Host", b"x")


def received(
    *headers: tuple[bytes, bytes], version: str = "1.1", limits: ServerLimits | None = None
) -> Framing:
    """The state after a head."""
    framing = Framing(limits or ServerLimits())
    with suppress(ServiceError):
        for name, value in headers:
            framing.header(name, value)
        framing.head_complete(version)
    return framing


def status_of(framing: Framing) -> int:
    """The status with which the request is refused, 0 when it is accepted so far."""
    error = framing.error or framing.check()
    return 0 if error is None else error.status


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ([HOST], "1.1", 0),
        ([], "1.0", 0),
        ([], "1.1", 400),
        ([HOST, (b"host", b"y")], "1.1", 400),
        ([HOST], "2.0", 400),
        ([HOST], "0.9", 400),
        ([HOST, (b"Expect", b"100-Continue")], "1.1", 0),
        ([HOST, (b"Expect", b"tea")], "1.1", 417),
        ([HOST, (b"Transfer-Encoding", b"Chunked ")], "1.1", 0),
        ([HOST, (b"Transfer-Encoding", b"gzip, chunked")], "1.1", 501),
        ([HOST, (b"Transfer-Encoding", b"identity")], "1.1", 501),
        ([HOST, (b"Transfer-Encoding", b"\x0bchunked")], "1.1", 501),
        ([HOST, (b"Content-Length", b"64000000")], "1.1", 0),
        ([HOST, (b"Content-Length", b"64000001")], "1.1", 413),
        ([HOST, (b"Content-Length", b"9" * 5000)], "1.1", 413),
        ([HOST, *[(b"a", b"b")] * 100], "1.1", 431),
        ([HOST, (b"a", b"b" * 40_000)], "1.1", 431),
    ],
)
def test_a_head_that_is_ambiguous_or_asks_too_much_is_refused(
    headers: list[tuple[bytes, bytes]], version: str, status: int
) -> None:
    assert status_of(received(*headers, version=version)) == status


@pytest.mark.parametrize(
    ("in_body", "enough", "too_much", "status"),
    [
        (False, [("received", 1000)], ("received", 1), 431),
        (False, [("url", 4096)], ("url", 4097), 414),
        (True, [("body", 1000)], ("body", 1), 413),
        (True, [("received", FREE_OVERHEAD + 2 * 10), ("body", 10)], ("received", 1), 400),
        (True, [("header", b"Content-Length", b"5")], ("header", b"a", b"b" * TRAILER_BYTES), 431),
    ],
    ids=["head that does not end", "target", "body", "tiny chunks", "trailers"],
)
def test_what_grows_is_refused_as_soon_as_it_is_too_much_and_the_next_request_starts_anew(
    in_body: bool, enough: list[tuple[Any, ...]], too_much: tuple[Any, ...], status: int
) -> None:
    limits = ServerLimits(head_bytes=1000, request_bytes=1000)
    framing = received(HOST, limits=limits) if in_body else Framing(limits)
    for name, *arguments in enough:
        assert not getattr(framing, name)(*arguments), "a trailer is no header"
    assert status_of(framing) == 0
    with suppress(ServiceError):
        getattr(framing, too_much[0])(*too_much[1:])
    assert status_of(framing) == status
    framing.begin()
    assert status_of(framing) == 0
