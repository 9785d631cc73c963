"""Requests come out the same however the network cuts them, and as gunicorn's own parser reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
from gunicorn.http.errors import ParseException
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.gateway.worker.bodies import Budget
from serving.gateway.worker.limits import SMALL_BODY, Limits
from serving.gateway.worker.refusals import Refused
from tests.unit.worker.streams import Seen, arrival, cut, gunicorn_requests, worker_requests

bodies = st.binary(max_size=200)
chunk_lists = st.lists(st.binary(min_size=1, max_size=60), max_size=5)


def sized(body: bytes) -> bytes:
    return b"POST /sized HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def chunked(pieces: list[bytes]) -> bytes:
    framed = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = b"POST /chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + framed + b"0\r\nTrailer-Name: value\r\n\r\n"


def bodiless(path: str) -> bytes:
    return f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


requests = st.one_of(
    bodies.map(sized), chunk_lists.map(chunked), st.text("abc/?%=", max_size=9).map(bodiless)
)
streams = st.lists(requests, min_size=1, max_size=5).map(b"".join)
places = st.lists(st.integers(0, 5000), max_size=30)


@settings(deadline=None)
@given(streams, places)
def test_a_stream_of_requests_reads_the_same_however_it_is_cut(stream: bytes, ends: list[int]) -> None:
    assert list(worker_requests(cut(stream, ends))) == list(gunicorn_requests(stream))


@settings(deadline=None)
@given(streams)
def test_a_stream_that_comes_byte_by_byte_reads_the_same(stream: bytes) -> None:
    assert list(worker_requests(cut(stream, range(len(stream))))) == list(gunicorn_requests(stream))


@settings(deadline=None)
@given(streams, st.integers(0, 5000), st.binary(min_size=1, max_size=3), places)
def test_a_damaged_stream_never_yields_what_gunicorn_would_not_read(
    stream: bytes, place: int, damage: bytes, ends: list[int]
) -> None:
    place %= len(stream)
    damaged = stream[:place] + damage + stream[place + len(damage) :]
    ours = until_refused(worker_requests(cut(damaged, ends)))
    theirs = until_refused(gunicorn_requests(damaged))
    assert ours == theirs[: len(ours)]


def until_refused(requests: Iterator[Seen]) -> list[Seen]:
    seen = []
    with suppress(ParseException, Refused, OSError):
        for request in requests:
            seen.append(request)  # noqa: PERF402 - what came before a refusal counts
    return seen


def read_all(pieces: Iterable[bytes], limits: Limits | None = None) -> list[Seen]:
    return list(worker_requests(pieces, limits))


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "stream",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD + b"Content-Length: +5\r\n\r\nhello",
        HEAD + b"Content-Length: 5, 5\r\n\r\nhello",
        HEAD + b"Content-Length: 0x5\r\n\r\nhello",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: \xb2\r\n\r\nhi",
        HEAD + b"Content-Length : 5\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\n\r\n",
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;\x00\r\nhello\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nbroken\nline: 1\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b" folded: x\r\n\r\n",
        HEAD + b"Name: one\rtwo\r\n\r\n",
        HEAD + b"Name: a\x00b\r\n\r\n",
        HEAD + b"Host: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_an_ambiguous_or_malformed_request_is_refused(stream: bytes) -> None:
    with pytest.raises((ParseException, Refused)):
        read_all([stream])


def test_one_empty_line_before_a_request_is_ignored() -> None:
    assert [seen[1] for seen in read_all([b"\r", b"\n" + bodiless("a")])] == ["/a"]


def test_a_head_that_grows_too_long_is_refused_before_it_ends() -> None:
    with pytest.raises(Refused) as caught:
        read_all([HEAD + b"Name: " + b"x" * 2000] * 20, Limits(head_bytes=10_000))
    assert caught.value.refusal.status == 431


def test_a_length_over_the_limit_is_refused_before_the_body_comes() -> None:
    with pytest.raises(Refused) as caught:
        read_all([HEAD + b"Content-Length: 1001\r\n\r\n"], Limits(request_bytes=1000))
    assert caught.value.refusal.status == 413


def test_chunks_over_the_limit_are_refused_as_they_come() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(Refused) as caught:
        read_all([head, *[b"64\r\n" + b"x" * 100 + b"\r\n"] * 11], Limits(request_bytes=1000))
    assert caught.value.refusal.status == 413


def test_a_body_of_tiny_chunks_is_refused_once_framing_outweighs_it() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert read_all([head + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n"])[0][3] == b"x" * 5000
    with pytest.raises(Refused) as caught:
        read_all([head + b"1\r\nx\r\n" * 50_000])
    assert caught.value.refusal.status == 400


def test_a_long_body_moves_to_a_file_and_stays_the_same() -> None:
    body = bytes(range(256)) * 2000
    pieces = cut(sized(body), range(0, len(body), 7001))
    assert read_all(pieces, Limits(spool_bytes=100_000))[0][3] == body


def test_bodies_beyond_the_limit_of_all_are_refused_but_small_ones_pass() -> None:
    limits, budget = Limits(buffered_bytes=1000), Budget()
    budget.used = 2000
    with pytest.raises(Refused) as caught:
        arrival(limits, budget).feed(sized(b"x" * (SMALL_BODY + 1)))
    assert caught.value.refusal.status == 503
    small = arrival(limits, budget)
    small.feed(sized(b"x" * 100))
    assert small.take() is not None


def test_bodies_share_the_memory_and_those_beyond_it_go_to_files() -> None:
    limits, budget = Limits(memory_bytes=100_000), Budget()
    readings = [arrival(limits, budget) for _ in range(50)]
    for reading in readings:
        for piece in cut(sized(b"x" * 50_000)[:-1], range(0, 50_000, 10_000)):
            reading.feed(piece)
    assert budget.used == 50 * 49_999
    assert budget.in_memory <= 100_000 + 50 * SMALL_BODY
    for reading in readings:
        reading.close()
    assert (budget.used, budget.in_memory) == (0, 0)


def test_a_body_gives_its_bytes_back() -> None:
    budget = Budget()
    reading = arrival(budget=budget)
    reading.feed(sized(b"x" * 1000)[:-1])
    assert (budget.used, budget.in_memory) == (999, 999)
    reading.close()
    assert (budget.used, budget.in_memory) == (0, 0)
