"""The checks of custom resources find what a cluster would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.manifests.shapes import closed, mismatches

SHAPE = {"name!": "str", "port": "int", "labels": {"*": "str"}, "items": [{"kind!": "str"}], "free": "any"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"name": "a", "port": 1, "labels": {"x": "y"}, "items": [{"kind": "k"}], "free": [1]}, []),
        ({}, [".name is missing"]),
        ({"name": "a", "prot": 1}, [".prot: there is no such field"]),
        ({"name": "a", "port": "1"}, [".port: int is expected, not '1'"]),
        ({"name": "a", "port": True}, [".port: int is expected, not True"]),
        ({"name": "a", "labels": {"x": 1}}, [".labels.x: str is expected, not 1"]),
        ({"name": "a", "items": [{}]}, [".items[0].kind is missing"]),
        ({"name": "a", "items": {}}, [".items: a list is expected"]),
        ([], [": fields are expected, not []"]),
    ],
)
def test_what_does_not_have_its_shape_is_named(value: Any, said: list[str]) -> None:  # noqa: ANN401
    assert list(mismatches(value, SHAPE)) == said


def test_a_published_schema_allows_no_field_that_it_does_not_list() -> None:
    schema = {
        "type": "object",
        "properties": {
            "port": {"x-kubernetes-int-or-string": True, "type": "integer"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "open": {"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    strict = closed(schema)
    assert strict["additionalProperties"] is False
    assert "type" not in strict["properties"]["port"]
    assert strict["properties"]["labels"]["additionalProperties"] == {"type": "string"}
    assert "additionalProperties" not in strict["properties"]["open"]
