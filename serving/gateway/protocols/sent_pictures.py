"""What a request with pictures holds, whichever form it has."""

from __future__ import annotations

import re
from typing import NamedTuple

from serving.errors import ServiceError, TooLarge

MAX_NAME = 255
RAW_TYPES = ("application/octet-stream",)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Upload(NamedTuple):
    """One picture as it came.

    Attributes:
        name: what the caller calls it, or None.
        data: its bytes.
        error: why there are no bytes, or None.
    """

    name: str | None
    data: bytes
    error: ServiceError | None = None


class Sent(NamedTuple):
    """What a request holds.

    Attributes:
        uploads: its pictures.
        fields: the text fields of a form by their names, of which only some are known.
    """

    uploads: list[Upload]
    fields: dict[str, str]


def too_many(max_images: int) -> TooLarge:
    """The error for more pictures than a request may hold."""
    return TooLarge(f"A request may hold at most {max_images} pictures. Send several requests.")


def clean_name(name: str) -> str:
    """A file name without folders and control characters, of bounded length."""
    return _CONTROL.sub("", re.split(r"[/\\]", name)[-1])[:MAX_NAME]
