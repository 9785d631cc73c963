"""What is checked while a request arrives, beside what httptools checks."""

from __future__ import annotations

import pytest

from serving.gateway.server.framing import FREE_OVERHEAD, TRAILER_BYTES, Framing
from serving.gateway.server.limits import ServerLimits

HOST = (b"Host", b"x")


def status_of(*headers: tuple[bytes, bytes], version: str = "1.1", limits: ServerLimits | None = None) -> int:
    """The status with which a head is refused, 0 when it is accepted."""
    framing = Framing(limits or ServerLimits())
    for name, value in headers:
        framing.header(name, value)
    error = framing.head_complete(version)
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
    ],
)
def test_a_head_that_is_ambiguous_or_asks_too_much_is_refused(
    headers: list[tuple[bytes, bytes]], version: str, status: int
) -> None:
    assert status_of(*headers, version=version) == status


def test_headers_are_refused_when_they_are_too_many_or_too_long() -> None:
    assert status_of(HOST, *[(b"a", b"b")] * 100) == 431
    assert status_of(HOST, (b"a", b"b" * 40_000)) == 431


def test_a_head_that_grows_too_long_is_refused_before_it_ends() -> None:
    framing = Framing(ServerLimits(head_bytes=1000))
    framing.received(1001)
    error = framing.check(complete=False)
    assert error is not None
    assert error.status == 431


def test_a_long_target_is_refused() -> None:
    framing = Framing(ServerLimits())
    framing.url(4097)
    error = framing.check(complete=False)
    assert error is not None
    assert error.status == 414


def in_body(limits: ServerLimits) -> Framing:
    framing = Framing(limits)
    framing.header(*HOST)
    assert framing.head_complete("1.1") is None
    return framing


def test_a_body_is_refused_as_soon_as_it_is_too_long() -> None:
    framing = in_body(ServerLimits(request_bytes=1000))
    assert framing.body(1000) is None
    error = framing.body(1)
    assert error is not None
    assert error.status == 413


def test_tiny_chunks_are_refused_once_framing_outweighs_the_body() -> None:
    framing = in_body(ServerLimits())
    framing.received(FREE_OVERHEAD + 2 * 10)
    framing.body(10)
    assert framing.check(complete=False) is None
    framing.received(1)
    error = framing.check(complete=False)
    assert error is not None
    assert error.status == 400


def test_trailers_are_dropped_and_their_size_is_limited() -> None:
    framing = in_body(ServerLimits())
    assert not framing.header(b"Content-Length", b"5")
    assert framing.check(complete=False) is None
    framing.header(b"a", b"b" * TRAILER_BYTES)
    error = framing.check(complete=False)
    assert error is not None
    assert error.status == 431


def test_the_next_request_on_a_connection_starts_without_the_last_ones_fault() -> None:
    framing = Framing(ServerLimits())
    framing.url(5000)
    framing.begin()
    assert framing.check(complete=False) is None
