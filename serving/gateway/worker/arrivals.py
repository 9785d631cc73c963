"""Turns the bytes of a connection into whole requests, a piece at a time, never waiting."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import InvalidHeader, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from serving.gateway.worker.bodies import Body, Budget
from serving.gateway.worker.chunks import ChunkedBody
from serving.gateway.worker.limits import Limits
from serving.gateway.worker.refusals import BAD_FRAMING, HEAD_TOO_LARGE, NO_HOST, Refused, too_large

Address: TypeAlias = "tuple[Any, ...] | str | bytes"
"""What a socket calls a peer: host and port, or the path of a Unix socket."""

END_OF_HEAD = b"\r\n\r\n"


class Framing(Protocol):
    """Finds the end of a body."""

    def feed(self, piece: bytes) -> bytes | None:
        """Take bytes; return those behind the body once it is complete, None before."""


class Arrival:
    """The requests of one connection as they arrive.

    Attributes:
        buffer: bytes that belong to no request yet: part of a head, or requests sent ahead.
        request: gunicorn's request object once its head is complete, until ``take`` gives it out.
    """

    def __init__(self, cfg: Config, client: Address, limits: Limits, budget: Budget) -> None:
        self._cfg = cfg
        self._client = client
        self._limits = limits
        self._budget = budget
        self._searched = 0
        self._count = 0
        self._framing: Framing | None = None
        self._body: Body | None = None
        self.buffer = b""
        self.request: Request = None

    @property
    def begun(self) -> bool:
        """Whether part of a request is there."""
        return self.request is not None or bool(self.buffer)

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for ``100 Continue`` before it sends the body."""
        return bool(self.request is not None and self.request._expected_100_continue)

    def feed(self, piece: bytes) -> None:
        """Take bytes from the connection.

        Raises:
            gunicorn.http.errors.ParseException: when they are no request.
            Refused: when they are more than is allowed.
        """
        self.buffer = self.buffer + piece if self.buffer else piece
        if self.request is None:
            self._read_head()
        if self._framing is not None:
            self._read_body()

    def take(self) -> tuple[Request, Body | None] | None:
        """The complete request with its body, or None; the next one begins with what is in ``buffer``."""
        if self.request is None or self._framing is not None:
            return None
        complete = self.request, self._body
        self.request = self._body = None
        self._searched = 0
        return complete

    def close(self) -> None:
        """Let go of a body that is not complete."""
        if self._body is not None:
            self._body.close()

    def _read_head(self) -> None:
        buffer = self.buffer
        # One empty line before a request is to be ignored (RFC 9112, section 2.2); the parser does so.
        end = buffer.find(END_OF_HEAD, max(self._searched, 2 if buffer.startswith(b"\r\n") else 0))
        if (end if end >= 0 else len(buffer)) > self._limits.head_bytes:
            raise Refused(HEAD_TOO_LARGE)
        if end < 0:
            if buffer.count(b"\n") != buffer.count(b"\r\n"):
                raise InvalidHeader("bare LF as line terminator")
            self._searched = max(0, len(buffer) - 3)
            return
        end += len(END_OF_HEAD)
        self.request = self._parse(buffer[:end])
        self.buffer = buffer[end:]
        self._frame(self.request)

    def _parse(self, head: bytes) -> Request:
        self._count += 1
        try:
            request = Request(self._cfg, IterUnreader((head,)), self._client, self._count)
        except (NoMoreData, StopIteration) as error:
            raise Refused(BAD_FRAMING) from error
        if request.version >= (1, 1) and not any(name == "HOST" for name, _ in request.headers):
            raise Refused(NO_HOST)
        return request

    def _frame(self, request: Request) -> None:
        """Choose how the end of the body is found: by gunicorn's reading of the headers, and only by that."""
        reader = request.body.reader
        if isinstance(reader, ChunkedReader):
            self._body = Body(self._limits, self._budget)
            self._framing = ChunkedBody(
                self._body.write, lambda data: request.parse_headers(data, from_trailer=True)
            )
        elif reader.length > self._limits.request_bytes:
            raise Refused(too_large(self._limits.request_bytes))
        elif reader.length:
            self._body = Body(self._limits, self._budget)
            self._framing = SizedBody(self._body, reader.length)

    def _read_body(self) -> None:
        assert self._framing is not None
        piece, self.buffer = self.buffer, b""
        rest = self._framing.feed(piece)
        if rest is not None:
            self._framing = None
            self.buffer = rest


class SizedBody:
    """A body whose length the head stated."""

    def __init__(self, body: Body, length: int) -> None:
        self._body = body
        self._left = length

    def feed(self, piece: bytes) -> bytes | None:
        """Take bytes; return those behind the body once it is complete, None before."""
        mine = piece[: self._left]
        if mine:
            self._body.write(mine)
        self._left -= len(mine)
        return None if self._left else piece[len(mine) :]
