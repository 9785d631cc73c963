"""Chunked bodies (RFC 9112, section 7.1), decoded as they arrive."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from gunicorn.http.body import CHUNK_EXT_RE
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    LimitRequestHeaders,
)

from serving.gateway.worker.refusals import WASTEFUL_CHUNKS, Refused

LONGEST_SIZE_LINE = 1024
LONGEST_TRAILERS = 8192
FREE_OVERHEAD = 65_536
"""Bytes of framing allowed beyond as many as the body has: tiny chunks cost far more than they carry."""

HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class Expect(Enum):
    """What comes next in a chunked body."""

    SIZE = auto()
    DATA = auto()
    END_OF_DATA = auto()
    TRAILERS = auto()


class ChunkedBody:
    """Takes pieces of a chunked body as they come; the only place that decides where it ends.

    Args:
        write: takes the decoded bytes.
        check_trailers: takes the trailer section, raises when it is not allowed.
    """

    def __init__(self, write: Callable[[bytes], None], check_trailers: Callable[[bytes], object]) -> None:
        self._write = write
        self._check_trailers = check_trailers
        self._next = Expect.SIZE
        self._left = 0
        self._rest = b""
        self._overhead = 0
        self._payload = 0

    def feed(self, piece: bytes) -> bytes | None:
        """Take the next bytes from the connection.

        Returns:
            The bytes behind the body once it is complete, None before.

        Raises:
            gunicorn.http.errors.ParseException: when the framing is wrong.
            Refused: when the framing is wasteful, or from ``write``.
        """
        data = self._rest + piece
        position = 0
        while True:
            if self._next is Expect.TRAILERS:
                return self._trailers(data, position)
            step = self._step(data, position)
            if step is None:
                self._rest = data[position:]
                return None
            position = step

    def _step(self, data: bytes, position: int) -> int | None:
        """Go through one part of the framing; the position behind it, None when it is not there in full."""
        if self._next is Expect.SIZE:
            return self._size(data, position)
        if self._next is Expect.DATA:
            return self._data(data, position)
        return self._end_of_data(data, position)

    def _size(self, data: bytes, position: int) -> int | None:
        end = data.find(b"\r\n", position)
        if (end if end >= 0 else len(data)) - position > LONGEST_SIZE_LINE:
            raise InvalidChunkSize(b"line too long")
        if data.find(b"\n", position, end if end >= 0 else len(data)) >= 0:
            raise InvalidChunkSize(b"bare LF")
        if end < 0:
            return None
        self._left = chunk_size(data[position:end])
        self._count_overhead(end + 4 - position)
        self._next = Expect.DATA if self._left else Expect.TRAILERS
        return end + 2

    def _data(self, data: bytes, position: int) -> int | None:
        if position == len(data):
            return None
        piece = data[position : position + self._left]
        self._write(piece)
        self._payload += len(piece)
        self._left -= len(piece)
        if not self._left:
            self._next = Expect.END_OF_DATA
        return position + len(piece)

    def _end_of_data(self, data: bytes, position: int) -> int | None:
        ending = data[position : position + 2]
        if not b"\r\n".startswith(ending):
            raise ChunkMissingTerminator(ending)
        if len(ending) < 2:
            return None
        self._next = Expect.SIZE
        return position + 2

    def _trailers(self, data: bytes, position: int) -> bytes | None:
        if data[position : position + 2] == b"\r\n":
            return data[position + 2 :]
        end = data.find(b"\r\n\r\n", position)
        if (end if end >= 0 else len(data)) - position > LONGEST_TRAILERS:
            raise LimitRequestHeaders("trailers too long")
        if end >= 0:
            self._check_trailers(data[position:end])
            return data[end + 4 :]
        if data.count(b"\n", position) != data.count(b"\r\n", position):
            raise InvalidHeader("bare LF in trailers")
        self._rest = data[position:]
        return None

    def _count_overhead(self, size: int) -> None:
        self._overhead += size
        if self._overhead > FREE_OVERHEAD + self._payload:
            raise Refused(WASTEFUL_CHUNKS)


def chunk_size(line: bytes) -> int:
    """The size that a chunk's first line states, as strictly as gunicorn's own reader.

    Raises:
        InvalidChunkSize: when it is no hexadecimal number of at most 16 digits.
        InvalidChunkExtension: when what follows it is no chunk extension.
    """
    digits, semicolon, extension = line.partition(b";")
    if semicolon:
        digits = digits.rstrip(b" \t")
    if not 1 <= len(digits) <= 16 or not HEXADECIMAL.issuperset(digits):
        raise InvalidChunkSize(digits)
    if semicolon and not CHUNK_EXT_RE.fullmatch(b";" + extension):
        raise InvalidChunkExtension("invalid chunk extension")
    return int(digits, 16)
