"""Uploads as the body of one request, in the cheaper of its two forms.

Small pictures go as JSON with base64: for a few hundred bytes each, the service reads a JSON string a hundred
times faster than a multipart part. Large ones go as multipart/form-data, which adds no third to their size
and is sent in blocks. Both name the pictures by position, so that answers can be matched and no path leaves
the caller's machine.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Protocol

from client.errors import SourceError
from client.sources import BLOCK, Upload

LARGEST_JSON = 1024 * 1024


class Body(Protocol):
    """The body of a request. It can be sent more than once."""

    content_type: str
    length: int

    def blocks(self) -> Iterator[bytes]:
        """The bytes, from the start, in blocks."""


def body_for(uploads: Sequence[Upload]) -> Body:
    """The cheaper body for these uploads."""
    in_memory = all(upload.data is not None for upload in uploads)
    if in_memory and sum(upload.size for upload in uploads) <= LARGEST_JSON:
        return JsonBody(uploads)
    return MultipartBody(uploads)


class JsonBody:
    """``{"images": [{"name": "0", "b64": "..."}]}``."""

    content_type = "application/json"

    def __init__(self, uploads: Sequence[Upload]) -> None:
        images = [
            b'{"name":"%d","b64":"%b"}' % (position, b64encode(upload.data or b""))
            for position, upload in enumerate(uploads)
        ]
        self._content = b'{"images":[%b]}' % b",".join(images)
        self.length = len(self._content)

    def blocks(self) -> Iterator[bytes]:
        """The whole document."""
        yield self._content


class MultipartBody:
    """``multipart/form-data`` (RFC 7578) with one part for each upload."""

    def __init__(self, uploads: Sequence[Upload]) -> None:
        self._boundary = os.urandom(16).hex().encode()
        self.content_type = f"multipart/form-data; boundary={self._boundary.decode()}"
        self._uploads = uploads
        heads = sum(len(self._head(position)) + 2 for position in range(len(uploads)))
        self.length = heads + sum(upload.size for upload in uploads) + len(self._end())

    def blocks(self) -> Iterator[bytes]:
        """The parts, in blocks of at least ``BLOCK`` bytes except for the last.

        Raises:
            SourceError: a file could not be read to its end; ``position`` says which.
        """
        waiting = bytearray()
        for piece in self._pieces():
            waiting += piece
            if len(waiting) >= BLOCK:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting)

    def _pieces(self) -> Iterator[bytes]:
        for position, upload in enumerate(self._uploads):
            yield self._head(position)
            try:
                yield from upload.blocks()
            except SourceError as error:
                error.position = position
                raise
            yield b"\r\n"
        yield self._end()

    def _head(self, position: int) -> bytes:
        return (
            b'--%b\r\nContent-Disposition: form-data; name="image"; filename="%d"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" % (self._boundary, position)
        )

    def _end(self) -> bytes:
        return b"--%b--\r\n" % self._boundary
