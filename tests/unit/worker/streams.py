"""Streams of requests, cut into pieces, read by the worker's code and by gunicorn's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from serving.gateway.worker.arrivals import Arrival
from serving.gateway.worker.bodies import Budget
from serving.gateway.worker.limits import Limits

CLIENT = ("127.0.0.1", 5000)

Seen = tuple[str, str, list[tuple[str, str]], bytes]


def arrival(limits: Limits | None = None, budget: Budget | None = None) -> Arrival:
    """A fresh connection's reading side."""
    limits = limits or Limits()
    return Arrival(Config(), CLIENT, limits, budget or Budget())


def worker_requests(pieces: Iterable[bytes], limits: Limits | None = None) -> Iterator[Seen]:
    """The requests that the worker sees in a stream; raises what it raises."""
    reading = arrival(limits)
    for piece in pieces:
        reading.feed(piece)
        while (complete := reading.take()) is not None:
            request, body = complete
            data = body.opened().read() if body else b""
            if body:
                body.close()
            yield request.method, request.uri, request.headers, data
            reading.feed(b"")


def gunicorn_requests(stream: bytes) -> Iterator[Seen]:
    """The requests that gunicorn's parser sees in a whole stream; raises what it raises."""
    for request in RequestParser(Config(), iter([stream]), CLIENT):
        yield request.method, request.uri, request.headers, request.body.read()


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """The stream in pieces that end at these places."""
    ends = sorted({place % (len(stream) + 1) for place in places} | {len(stream)})
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]
