"""Reading JSON as TensorFlow Serving does: with bare NaN and Infinity, and without a look past the document.

Python's decoder does the work. A document that it refuses, or may read differently, goes through the strict
reader below, which knows the message and the byte offset that TensorFlow Serving's reader reports.
"""

from __future__ import annotations

import json
import math
import re

from serving.model_server.rest.writer import Json, excerpt
from serving.model_server.status import StatusError, invalid_argument

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_WORDS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_OPEN = object()


def read(body: bytes) -> dict[str, Json]:
    """Read the JSON object a request consists of; of a repeated name the first value counts.

    Strings keep bytes that are no UTF-8 as surrogate escapes.

    Raises:
        StatusError: INVALID_ARGUMENT saying what is wrong, and where.
    """
    if not body:
        raise invalid_argument("JSON Parse error: The document is empty")
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    try:
        document = _fast(text)
        if document is _OPEN:
            document = _Reader(text).document()
    except RecursionError as error:
        raise invalid_argument("JSON Parse error: nested too deeply") from error
    if not isinstance(document, dict):
        raise invalid_argument(f"JSON Value: {excerpt(document)} Is not object")
    return document


def _first_wins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    return dict(reversed(pairs)) if len(dict(pairs)) < len(pairs) else dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too big")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_first_wins)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_first_wins, parse_float=_finite)
# Numbers that may be too big need three digits in the exponent, or hundreds before it.
_SUSPICIOUS = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}|\\u[dD][89a-fA-F]")


def _fast(text: str) -> Json:
    """The document, or ``_OPEN`` where the strict reader has to decide."""
    if _SUSPICIOUS.search(text) and "\\u" in text:
        return _OPEN
    decoder = _CAREFUL if _SUSPICIOUS.search(text) else _DECODER
    try:
        return decoder.raw_decode(text, _end(_SPACE, text, 0))[0]
    except ValueError:
        return _OPEN


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


class _Reader:
    """A reader by the book, with the errors of the book."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def document(self) -> Json:
        self.skip()
        if not self.peek():
            raise self.error("The document is empty.")
        return self.value()

    def error(self, message: str, at: int | None = None) -> StatusError:
        before = self.text[: self.at if at is None else at]
        offset = len(before.encode("utf-8", "surrogateescape"))
        return invalid_argument(f"JSON Parse error: {message} at offset: {offset}")

    def skip(self) -> None:
        self.at = _end(_SPACE, self.text, self.at)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, character: str) -> bool:
        found = self.peek() == character
        self.at += found
        return found

    def value(self) -> Json:
        match self.peek():
            case "{":
                return self.object()
            case "[":
                return self.array()
            case '"':
                return self.string()
            case "t" | "f" | "n" as first:
                word, value = _WORDS[first]
                self.word(word)
                return value
            case _:
                return self.number()

    def word(self, word: str) -> None:
        for character in word:
            if not self.take(character):
                raise self.error("Invalid value.")

    def object(self) -> dict[str, Json]:
        members: dict[str, Json] = {}
        self.take("{")
        self.skip()
        if self.take("}"):
            return members
        while True:
            if self.peek() != '"':
                raise self.error("Missing a name for object member.")
            name = self.string()
            self.skip()
            if not self.take(":"):
                raise self.error("Missing a colon after a name of object member.")
            self.skip()
            members.setdefault(name, self.value())
            self.skip()
            if self.take("}"):
                return members
            if not self.take(","):
                raise self.error("Missing a comma or '}' after an object member.")
            self.skip()

    def array(self) -> list[Json]:
        elements: list[Json] = []
        self.take("[")
        self.skip()
        if self.take("]"):
            return elements
        while True:
            elements.append(self.value())
            self.skip()
            if self.take("]"):
                return elements
            if not self.take(","):
                raise self.error("Missing a comma or ']' after an array element.")
            self.skip()

    def string(self) -> str:
        self.take('"')
        parts = []
        while True:
            end = _end(_PLAIN, self.text, self.at)
            parts.append(self.text[self.at : end])
            self.at = end
            if self.take('"'):
                return "".join(parts)
            if not self.peek() or self.peek() == "\0":
                raise self.error("Missing a closing quotation mark in string.")
            if self.peek() != "\\":
                raise self.error("Invalid encoding in string.")
            parts.append(self.escape())

    def escape(self) -> str:
        start = self.at
        self.at += 1
        letter = self.peek()
        self.at += 1
        if letter in _ESCAPES and letter:
            return _ESCAPES[letter]
        if letter != "u":
            raise self.error("Invalid escape character in string.", start)
        unit = self.hexadecimal(start)
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        if unit < 0xDC00 and self.take("\\") and self.take("u"):
            low = self.hexadecimal(start)
            if 0xDC00 <= low <= 0xDFFF:
                return chr(0x10000 + (unit - 0xD800 << 10) + low - 0xDC00)
        raise self.error("The surrogate pair in string is invalid.", start)

    def hexadecimal(self, start: int) -> int:
        digits = self.text[self.at : self.at + 4]
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            raise self.error("Incorrect hex digit after \\u escape in string.", start)
        self.at += 4
        return int(digits, 16)

    def number(self) -> int | float:
        start = self.at
        match = _NUMBER.match(self.text, start)
        if not match:
            return self.special(-1.0 if self.take("-") else 1.0)
        self.at = match.end()
        _, fraction, exponent = match.groups()
        if fraction == ".":
            self.at = match.end(2)
            raise self.error("Miss fraction part in number.")
        if exponent and not exponent[-1].isdigit():
            raise self.error("Miss exponent in number.")
        if fraction is None and exponent is None and -(2**63) <= int(match[0]) < 2**64:
            return int(match[0])
        number = float(match[0])
        if math.isinf(number):
            raise self.error("Number too big to be stored in double.", start)
        return number

    def special(self, sign: float) -> float:
        if self.take("N"):
            self.word("aN")
            return math.nan
        if self.take("I"):
            self.word("nf")
            if self.take("i"):
                self.word("nity")
            return sign * math.inf
        raise self.error("Invalid value.")
