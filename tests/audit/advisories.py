"""Locked packages against a copy of OSV's advisories: a folder or an archive of JSON files, no network.

The format is OSV's (https://ossf.github.io/osv-schema), which publishes a copy for PyPI as ``all.zip``.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.audit.report import Report


class AdvisoriesError(Exception):
    """There are no advisories at that place; the message says why."""


def load(place: Path) -> dict[str, list[dict[str, Any]]]:
    """The advisories about packages on PyPI, by the package's name.

    Raises:
        AdvisoriesError: when the place is neither a folder nor an archive, or holds none.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        for text in _texts(place):
            advisory = json.loads(text)
            for affected in advisory.get("affected", []) if "withdrawn" not in advisory else []:
                package = affected.get("package", {})
                if package.get("ecosystem") == "PyPI":
                    found.setdefault(canonicalize_name(package["name"]), []).append(
                        {**affected, "id": advisory["id"]}
                    )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise AdvisoriesError(f"{place}: not a folder or archive of OSV advisories: {error}") from error
    if not found:
        raise AdvisoriesError(f"{place} holds no advisory about a Python package")
    return found


def judge(lock: Path, advisories: dict[str, list[dict[str, Any]]]) -> Report:
    """What the advisories say of a lock file."""
    pinned = list(read_lock(lock.read_text()))
    vulnerable = []
    for name, version in pinned:
        ids = sorted({each["id"] for each in advisories.get(name, []) if affects(each, version)})
        if ids:
            vulnerable.append(f"{name} {version}: {', '.join(ids)}")
    return Report(lock, len(pinned), [], vulnerable)


def read_lock(text: str) -> Iterator[tuple[str, Version]]:
    """Name and version of each pinned package; one that is pinned twice, by markers, comes twice."""
    for line in re.findall(r"^[A-Za-z0-9].*?(?=\s*\\?$)", text, re.MULTILINE):
        try:
            requirement = Requirement(line)
            (pin,) = requirement.specifier
            yield canonicalize_name(requirement.name), Version(pin.version)
        except (InvalidRequirement, InvalidVersion, ValueError):
            continue


def affects(affected: dict[str, Any], version: Version) -> bool:
    """Whether an advisory's entry is about a version."""
    if any(_version(listed) == version for listed in affected.get("versions", [])):
        return True
    return any(
        _within(each["events"], version)
        for each in affected.get("ranges", [])
        if each.get("type") == "ECOSYSTEM"
    )


def _within(events: list[dict[str, str]], version: Version) -> bool:
    """Whether a version lies after an introduction and before its end, as OSV's schema evaluates events."""
    inside = False
    for event in sorted(events, key=lambda each: _version(next(iter(each.values())))):
        kind, text = next(iter(event.items()))
        at = _version(text)
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _texts(place: Path) -> Iterator[str | bytes]:
    if place.is_dir():
        yield from (path.read_text() for path in sorted(place.rglob("*.json")))
        return
    with zipfile.ZipFile(place) as archive:
        yield from (archive.read(name) for name in archive.namelist() if name.endswith(".json"))
