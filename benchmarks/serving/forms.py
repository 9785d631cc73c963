"""How each system takes pictures: its path, the body, and where its answers name the labels."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.serving.pictures import Picture


@dataclass(frozen=True)
class Body:
    """One request's body and the labels that its answer has to name, in order."""

    data: bytes
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """How to ask one system.

    Attributes:
        path: path of the URL.
        raw: whether one picture is sent as it is; JSON with base64 otherwise, and for several.
        key: the key of each picture's object in the JSON; a plain string without one.
        pattern: a Lua pattern that finds the labels in an answer.
        checked: whether there are labels to check.
    """

    path: str = "/predict"
    raw: bool = False
    key: str = ""
    pattern: str = r'"label":%s*"([^"]*)"'
    checked: bool = True

    def one(self, picture: Picture) -> tuple[str, Body]:
        """Content type and body for a single picture."""
        if self.raw:
            return picture.kind, Body(picture.data, (picture.label,))
        return self.many([picture])

    def many(self, pictures: Sequence[Picture]) -> tuple[str, Body]:
        """Content type and body for several pictures."""
        encoded = [base64.b64encode(picture.data).decode() for picture in pictures]
        images = [{self.key: each} for each in encoded] if self.key else encoded
        labels = tuple(picture.label for picture in pictures)
        return "application/json", Body(json.dumps({"images": images}).encode(), labels)


# The gateway names further classes under "top"; the answer itself follows the status.
GATEWAY = Form(path="/classify", raw=True, key="b64", pattern=r'"status":"[^"]*","label":"([^"]*)"')
JSON_ONLY = Form()
RAW_OR_JSON = Form(raw=True)
UNCHECKED = Form(raw=True, checked=False)
