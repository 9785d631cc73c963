"""The forms of numbers and strings in answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.model_server.rest.excerpt import excerpt
from serving.model_server.rest.outputs import columns, rows
from serving.model_server.rest.writer import floats, quote
from serving.model_server.status import StatusError


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4, "4.0"),
        (-0.0, "-0.0"),
        (1e6, "1e+06"),
        (1 / 3, "0.333333343"),
        (1e-40, "0.0"),
        (float("nan"), "NaN"),
    ],
)
def test_float32_is_written_with_six_digits_where_they_are_enough(number: float, text: str) -> None:
    assert floats(np.array([number], np.float32)) == [text]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_every_float32_reads_back_as_itself(number: float) -> None:
    (text,) = floats(np.array([number], np.float32))
    assert np.float32(text) == np.float32(number)


@given(st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_every_float64_reads_back_as_itself(number: float) -> None:
    (text,) = floats(np.array([number], np.float64))
    assert float(text) == number


def test_only_quotes_backslashes_and_control_characters_are_escaped() -> None:
    assert quote('é "q" \\ / \n\x1f') == '"é \\"q\\" \\\\ / \\n\\u001F"'


def test_an_excerpt_ends_soon_after_256_bytes() -> None:
    text = excerpt({"instances": list(range(10_000))})
    assert text.startswith('{\n    "instances": [0, 1, 2')
    assert 256 <= len(text) < 270


@pytest.mark.parametrize(
    ("number", "text"),
    [(2.0, "2.0"), (1e39, "1e39"), (1.5e-7, "1.5e-7"), (1e20, "1" + "0" * 20 + ".0")],
)
def test_numbers_in_an_excerpt_have_the_shortest_form(number: float, text: str) -> None:
    assert excerpt(number) == text


def test_bytes_outputs_are_base64_and_rows_of_several_outputs_are_objects() -> None:
    outputs = {"image_bytes": np.array([b"\x00\xff"], object), "size": np.array([2], np.int32)}
    assert rows(outputs) == (
        '{\n    "predictions": [\n        {\n            "image_bytes": {\n                "b64": "AP8="\n'
        '            },\n            "size": 2\n        }\n    ]\n}'
    )


def test_an_empty_batch_is_an_empty_list_in_both_formats() -> None:
    empty = {"y": np.zeros((0, 3), np.float32)}
    assert rows(empty) == '{\n    "predictions": []\n}'
    assert columns(empty) == '{\n    "outputs": []\n}'


def test_a_dtype_without_a_form_in_json_is_refused() -> None:
    with pytest.raises(StatusError, match="Failed to write JSON value for tensor type: half"):
        columns({"y": np.zeros(1, np.float16)})
