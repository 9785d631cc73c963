"""Shapes: which fields an object may have, written down in short; and published schemas made strict.

``str``, ``int``, ``bool`` and ``any`` are values; a list of one shape is a list of such items; a mapping
lists the fields, where ``name!`` must be there and ``*`` stands for any other name. Nothing else is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool}


def mismatches(value: Any, shape: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """One sentence for every place where a value does not have its shape."""
    if isinstance(shape, dict):
        yield from _fields(value, shape, place)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place}: a list is expected"
            return
        for number, item in enumerate(value):
            yield from mismatches(item, shape[0], f"{place}[{number}]")
    elif shape != "any" and type(value) is not _TYPES[shape]:
        yield f"{place}: {shape} is expected, not {value!r}"


def _fields(value: Any, shape: dict[str, Any], place: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, dict):
        yield f"{place}: fields are expected, not {value!r}"
        return
    known = {name.removesuffix("!"): below for name, below in shape.items()}
    yield from (
        f"{place}.{name[:-1]} is missing" for name in shape if name.endswith("!") and name[:-1] not in value
    )
    for name, below in value.items():
        if name in known or "*" in known:
            yield from mismatches(below, known.get(name, known.get("*")), f"{place}.{name}")
        else:
            yield f"{place}.{name}: there is no such field"


def closed(schema: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A schema that allows no field it does not list, but where it says that it does."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    below = {name: closed(item) for name, item in schema.items()}
    if below.get("x-kubernetes-int-or-string"):
        below.pop("type", None)
    open_ended = below.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in below
    if isinstance(below.get("properties"), dict) and "type" in below and not open_ended:
        below["additionalProperties"] = False
    return below
