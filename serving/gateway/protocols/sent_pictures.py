"""The contents of a request with pictures, in whatever form it was sent."""

from __future__ import annotations

import re
from typing import NamedTuple

from serving.errors import ServiceError, TooLarge

MAX_NAME = 255
RAW_TYPES = ("application/octet-stream",)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Upload(NamedTuple):
    """One picture as it was sent.

    Attributes:
        name: the caller's name for it, or None.
        data: its bytes.
        error: why there are no bytes, or None.
    """

    name: str | None
    data: bytes
    error: ServiceError | None = None


class Sent(NamedTuple):
    """The contents of a request.

    Attributes:
        uploads: its pictures.
        fields: the text fields of a form by name, known and unknown.
    """

    uploads: list[Upload]
    fields: dict[str, str]


def too_many(max_images: int) -> TooLarge:
    """The error for more pictures than a request may hold."""
    return TooLarge(f"A request may have at most {max_images} pictures. Send several requests.")


def clean_name(name: str) -> str:
    """A file name without folders and control characters, cut to ``MAX_NAME`` characters."""
    return _CONTROL.sub("", re.split(r"[/\\]", name)[-1])[:MAX_NAME]
