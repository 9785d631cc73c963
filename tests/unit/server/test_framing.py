"""What is checked while a request arrives, beside what httptools checks."""

from __future__ import annotations

from contextlib import suppress

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


def test_a_head_that_grows_too_long_is_refused_before_it_ends() -> None:
    framing = Framing(ServerLimits(head_bytes=1000))
    framing.received(1000)
    assert status_of(framing) == 0
    framing.received(1)
    assert status_of(framing) == 431


def test_a_long_target_is_refused_and_the_next_request_starts_without_that_fault() -> None:
    framing = Framing(ServerLimits())
    framing.url(4096)
    with pytest.raises(ServiceError):
        framing.url(4097)
    assert status_of(framing) == 414
    framing.begin()
    assert status_of(framing) == 0


def test_a_body_is_refused_as_soon_as_it_is_too_long() -> None:
    framing = received(HOST, limits=ServerLimits(request_bytes=1000))
    framing.body(1000)
    with pytest.raises(ServiceError):
        framing.body(1)
    assert status_of(framing) == 413


def test_tiny_chunks_are_refused_once_framing_outweighs_the_body() -> None:
    framing = received(HOST)
    framing.received(FREE_OVERHEAD + 2 * 10)
    framing.body(10)
    assert status_of(framing) == 0
    framing.received(1)
    assert status_of(framing) == 400


def test_trailers_are_dropped_and_their_size_is_limited() -> None:
    framing = received(HOST)
    assert not framing.header(b"Content-Length", b"5")
    assert status_of(framing) == 0
    with pytest.raises(ServiceError):
        framing.header(b"a", b"b" * TRAILER_BYTES)
    assert status_of(framing) == 431
