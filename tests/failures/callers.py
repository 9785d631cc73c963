"""What callers send: pictures to classify."""

from __future__ import annotations

from tests.connections import post
from tests.faults import known_model


def picture(png: bytes, *headers: str, model: str = known_model.NAME) -> bytes:
    """A request to classify a picture."""
    return post(f"/v1/models/{model}:classify", png, "Content-Type: image/png", *headers)


KNOWN = known_model.picture(1)
CALL = picture(KNOWN)
"""A request that is answered with 200."""
HEAD = picture(b"").partition(b"Content-Length")[0]
"""Its head, but for how the body is framed."""
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
