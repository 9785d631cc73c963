"""Bodies that clients compress."""

from __future__ import annotations

import zlib

_GZIP_WINDOW = 31
_PIECE = 8 * 2**20


def inflate(body: bytes, most: int) -> bytes | None:
    """Decompress a gzip body of at most ``most`` bytes.

    It is decompressed in pieces, because zlib would hold one large result twice while it grows.

    Returns:
        The bytes; none for a body that is broken or ends too early; None if there are too many.
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    pieces: list[bytes] = []
    size = 0
    while not unpacker.eof:
        try:
            piece = unpacker.decompress(body, _PIECE)
        except zlib.error:
            return b""
        body = unpacker.unconsumed_tail
        if not body and not piece:
            return b""
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return None
    return b"".join(pieces)
