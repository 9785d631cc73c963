"""The JSON that TensorFlow Serving takes, and where it says the rest is wrong."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.model_server.rest.reader import read
from serving.model_server.rest.strict_reader import StrictReader
from serving.model_server.status import StatusError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The document is empty"),
        (b"  ", "The document is empty. at offset: 2"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a": 1,}', "Missing a name for object member. at offset: 8"),
        (b'{"a": [1 2]}', "Missing a comma or ']' after an array element. at offset: 9"),
        (b'{"a": 1 "b": 2}', "Missing a comma or '}' after an object member. at offset: 8"),
        (b'{"a": trUe}', "Invalid value. at offset: 8"),
        (b'{"a": 1.}', "Miss fraction part in number. at offset: 8"),
        (b'{"a": 1e}', "Miss exponent in number. at offset: 8"),
        (b'{"a": 1e999}', "Number too big to be stored in double. at offset: 6"),
        (b'{"a": "b', "Missing a closing quotation mark in string. at offset: 8"),
        (b'{"a": "\\x"}', "Invalid escape character in string. at offset: 7"),
        (b'{"a": "\\u12"}', "Incorrect hex digit after \\u escape in string. at offset: 7"),
        (b'{"a": "\\ud800"}', "The surrogate pair in string is invalid. at offset: 7"),
        (b'{"a": "\x01"}', "Invalid encoding in string. at offset: 7"),
        (b"[1]", "JSON Value: [1] Is not object"),
    ],
)
def test_a_broken_document_is_refused_with_what_and_where(body: bytes, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        read(body)
    assert caught.value.message.removeprefix("JSON Parse error: ") == message


def test_of_a_repeated_name_the_first_value_counts() -> None:
    assert read(b'{"a": 1, "a": 2, "b": {"c": 3, "c": 4}}') == {"a": 1, "b": {"c": 3}}


def test_bare_words_for_what_is_no_number_are_read() -> None:
    values = read(b'{"a": [NaN, Inf, -Infinity]}')["a"]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]


@pytest.mark.parametrize("digits", [309, 310, 4_300, 4_301, 100_000])
@pytest.mark.parametrize("around", ["%s", "[%s]", '["\\ud83d\\ude00", %s]', "-%s"])
def test_an_integer_beyond_a_double_is_refused_however_long(digits: int, around: str) -> None:
    text = '{"a": ' + around % ("9" * digits) + "}"
    with pytest.raises(StatusError, match="Number too big to be stored in double"):
        read(text.encode())


@pytest.mark.parametrize("digits", [19, 20, 21, 300, 308])
def test_an_integer_within_a_double_is_read(digits: int) -> None:
    text = "1" * digits
    assert read(f'{{"a": {text}}}'.encode())["a"] == pytest.approx(float(text), rel=1e-15)
    assert StrictReader(text).document() == pytest.approx(float(text), rel=1e-15)


def test_what_follows_the_document_is_ignored_and_a_byte_order_mark_too() -> None:
    assert read(b'\xef\xbb\xbf {"a": 1} and more') == {"a": 1}


def test_bytes_that_are_no_utf8_survive() -> None:
    assert read(b'{"a": "\xff"}')["a"].encode("utf-8", "surrogateescape") == b"\xff"


def test_a_hundred_thousand_nested_lists_are_refused() -> None:
    with pytest.raises(StatusError, match="nested too deeply"):
        read(b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@given(JSON)
def test_both_readers_agree_with_python_on_every_plain_document(value: object) -> None:
    text = json.dumps({"a": value})
    assert read(text.encode()) == {"a": value}
    assert StrictReader(text).document() == {"a": value}
