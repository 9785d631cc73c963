"""Where two sets of objects differ, as paths a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.manifests.render import Manifest


def differences(one: Iterable[Manifest], other: Iterable[Manifest]) -> set[str]:
    """Paths such as ``Deployment/gateway/spec/replicas`` whose values differ or are in one set only.

    Objects in one set only are named without a path; items of lists that have names go by them.
    """
    left, right = _by_name(one), _by_name(other)
    found = set(left.keys() ^ right.keys())
    for key in left.keys() & right.keys():
        found.update(f"{key}/{path}" for path in _paths(left[key], right[key]))
    return found


def _by_name(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    return {f"{manifest['kind']}/{manifest['metadata']['name']}": manifest for manifest in manifests}


def _paths(one: Any, other: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(one, list) and isinstance(other, list) and _named(one) and _named(other):
        one, other = ({item["name"]: item for item in items} for items in (one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            if key in one and key in other:
                yield from (f"{key}/{rest}".rstrip("/") for rest in _paths(one[key], other[key]))
            else:
                yield key
    elif one != other:
        yield ""


def _named(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and "name" in item for item in items)
