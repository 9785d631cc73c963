"""A strict JSON reader that reports TensorFlow Serving's messages and byte offsets."""

from __future__ import annotations

import math
import re

from serving.model_server.status import StatusError, invalid_argument
from serving.wire.json_values import Json

SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_LONGEST_INTEGER = len(str(-(2**63)))
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_WORDS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a match of the pattern at ``at`` ends; ``at`` itself without a match."""
    match = pattern.match(text, at)
    return match.end() if match else at


class StrictReader:
    """Reads one document from a text.

    Every method continues where the last one ended, and raises INVALID_ARGUMENT if it cannot.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def document(self) -> Json:
        """Read the document; the text after it is ignored."""
        self._skip()
        if not self._peek():
            raise self._error("The document is empty.")
        return self._value()

    def _error(self, message: str, at: int | None = None) -> StatusError:
        before = self._text[: self._at if at is None else at]
        offset = len(before.encode("utf-8", "surrogateescape"))
        return invalid_argument(f"JSON Parse error: {message} at offset: {offset}")

    def _skip(self) -> None:
        self._at = end_of(SPACE, self._text, self._at)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        found = self._peek() == character
        self._at += found
        return found

    def _value(self) -> Json:
        match self._peek():
            case "{":
                return self._object()
            case "[":
                return self._array()
            case '"':
                return self._string()
            case "t" | "f" | "n" as first:
                word, value = _WORDS[first]
                self._word(word)
                return value
            case _:
                return self._number()

    def _word(self, word: str) -> None:
        for character in word:
            if not self._take(character):
                raise self._error("Invalid value.")

    def _object(self) -> dict[str, Json]:
        members: dict[str, Json] = {}
        self._take("{")
        self._skip()
        if self._take("}"):
            return members
        while True:
            if self._peek() != '"':
                raise self._error("Missing a name for object member.")
            name = self._string()
            self._skip()
            if not self._take(":"):
                raise self._error("Missing a colon after a name of object member.")
            self._skip()
            members.setdefault(name, self._value())
            self._skip()
            if self._take("}"):
                return members
            if not self._take(","):
                raise self._error("Missing a comma or '}' after an object member.")
            self._skip()

    def _array(self) -> list[Json]:
        elements: list[Json] = []
        self._take("[")
        self._skip()
        if self._take("]"):
            return elements
        while True:
            elements.append(self._value())
            self._skip()
            if self._take("]"):
                return elements
            if not self._take(","):
                raise self._error("Missing a comma or ']' after an array element.")
            self._skip()

    def _string(self) -> str:
        self._take('"')
        parts = []
        while True:
            end = end_of(_PLAIN, self._text, self._at)
            parts.append(self._text[self._at : end])
            self._at = end
            if self._take('"'):
                return "".join(parts)
            if not self._peek() or self._peek() == "\0":
                raise self._error("Missing a closing quotation mark in string.")
            if self._peek() != "\\":
                raise self._error("Invalid encoding in string.")
            parts.append(self._escape())

    def _escape(self) -> str:
        start = self._at
        self._at += 1
        letter = self._peek()
        self._at += 1
        if letter in _ESCAPES and letter:
            return _ESCAPES[letter]
        if letter != "u":
            raise self._error("Invalid escape character in string.", start)
        unit = self._hexadecimal(start)
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        if unit < 0xDC00 and self._take("\\") and self._take("u"):
            low = self._hexadecimal(start)
            if 0xDC00 <= low <= 0xDFFF:
                return chr(0x10000 + (unit - 0xD800 << 10) + low - 0xDC00)
        raise self._error("The surrogate pair in string is invalid.", start)

    def _hexadecimal(self, start: int) -> int:
        digits = self._text[self._at : self._at + 4]
        if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            raise self._error("Incorrect hex digit after \\u escape in string.", start)
        self._at += 4
        return int(digits, 16)

    def _number(self) -> int | float:
        start = self._at
        match = _NUMBER.match(self._text, start)
        if not match:
            return self._special(-1.0 if self._take("-") else 1.0)
        self._at = match.end()
        _, fraction, exponent = match.groups()
        if fraction == ".":
            self._at = match.end(2)
            raise self._error("Miss fraction part in number.")
        if exponent and not exponent[-1].isdigit():
            raise self._error("Miss exponent in number.")
        whole = fraction is None and exponent is None
        if whole and len(match[0]) <= _LONGEST_INTEGER and -(2**63) <= int(match[0]) < 2**64:
            return int(match[0])
        number = float(match[0])
        if math.isinf(number):
            raise self._error("Number too big to be stored in double.", start)
        return number

    def _special(self, sign: float) -> float:
        if self._take("N"):
            self._word("aN")
            return math.nan
        if self._take("I"):
            self._word("nf")
            if self._take("i"):
                self._word("nity")
            return sign * math.inf
        raise self._error("Invalid value.")
