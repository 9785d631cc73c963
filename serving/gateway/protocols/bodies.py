"""Reads request bodies, up to a limit, and decompresses them."""

from __future__ import annotations

import codecs
import zlib

import orjson
from flask import Request
from werkzeug.exceptions import ClientDisconnected

from serving.errors import InputError, SlowUpload, TooLarge, UnsupportedMediaType
from serving.wire.json_values import Json

_ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def read_body(request: Request, limit: int) -> bytes:
    """Read a body of at most ``limit`` bytes, before and after decompression.

    Raises:
        TooLarge: the body exceeds the limit; raised early if there is a Content-Length.
        SlowUpload: the connection ended before the body did.
        UnsupportedMediaType: an unknown Content-Encoding.
        InputError: the body does not match its Content-Encoding.
    """
    length = request.content_length
    _check_size(length or 0, limit)
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", *_ENCODINGS):
        raise UnsupportedMediaType("Content-Encoding must be gzip or deflate, or be absent.")
    body = _read(request, length, limit)
    return _inflated(body, encoding, limit) if encoding in _ENCODINGS else body


def load_json(body: bytes) -> Json:
    """Read JSON, which may begin with a byte order mark; raises InputError, also for NaN and Infinity."""
    try:
        return orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except ValueError as error:
        raise InputError("The body is not valid JSON.") from error


def _read(request: Request, length: int | None, limit: int) -> bytes:
    try:
        if length is None:
            # One byte more than allowed, because the stream ends silently at its limit.
            request.max_content_length = limit + 1
            body = request.stream.read()
        elif len(body := request.environ["wsgi.input"].read(length)) < length:
            raise ClientDisconnected
    except ClientDisconnected as error:
        raise SlowUpload("The connection closed before the request was complete. Send it again.") from error
    _check_size(len(body), limit)
    return body


def _inflated(body: bytes, encoding: str, limit: int) -> bytes:
    inflater = zlib.decompressobj(_ENCODINGS[encoding])
    try:
        content = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise InputError(f"The body is not {encoding}, as its Content-Encoding says.") from error
    _check_size(len(content), limit)
    if not inflater.eof or inflater.unused_data:
        raise InputError(f"The {encoding} body is truncated or has extra bytes at its end.")
    return content


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"The request may have at most {limit:,} bytes. Send less, or smaller pictures.")
