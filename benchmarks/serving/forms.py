"""The request and response formats of the systems: path, body, and the place of the labels."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving.pictures import Picture


@dataclass(frozen=True)
class Body:
    """The body of a request, and the labels that its answer must have, in order."""

    data: bytes
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The format of a system.

    Attributes:
        path: path of the URL.
        raw: whether a single picture is sent as a file; if not, and for several, JSON with base64.
        key: key of the picture in its JSON object; if empty, the picture is a plain string.
        pattern: a Lua pattern that finds the labels in an answer.
        checked: whether the answers have labels to check.
    """

    path: str = "/predict"
    raw: bool = False
    key: str = ""
    pattern: str = r'"label":%s*"([^"]*)"'
    checked: bool = True

    def one(self, picture: Picture) -> tuple[str, Body]:
        """Return content type and body for a single picture."""
        if self.raw:
            return picture.kind, Body(picture.data, (picture.label,))
        return self.many([picture])

    def many(self, pictures: Sequence[Picture]) -> tuple[str, Body]:
        """Return content type and body for several pictures."""
        encoded = [base64.b64encode(picture.data).decode() for picture in pictures]
        images = [{self.key: each} for each in encoded] if self.key else encoded
        labels = tuple(picture.label for picture in pictures)
        return "application/json", Body(json.dumps({"images": images}).encode(), labels)


# The gateway's answers have further labels under "top"; the answered one follows the status.
GATEWAY = Form(path="/classify", raw=True, key="b64", pattern=r'"status":"[^"]*","label":"([^"]*)"')
JSON_ONLY = Form()
RAW_OR_JSON = Form(raw=True)
UNCHECKED = Form(raw=True, checked=False)
