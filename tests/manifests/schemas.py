"""Kubernetes' own schemas, strictly, for the three newest versions that the tool has."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate  # type: ignore[import-not-found]

from tests.manifests.render import Manifest

# What the Prometheus Operator defines; no tool here has its schemas, so the fields used are listed.
CUSTOM = {
    "PrometheusRule": {"groups"},
    "ServiceMonitor": {"jobLabel", "selector", "endpoints"},
}
NEWEST = 3


def problems(rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """One sentence for every object that a version does not accept."""
    return [
        f"{origin}: {title(manifest)} for Kubernetes {version}: {problem}"
        for origin, manifests in rendered.items()
        for manifest in manifests
        for version in newest_versions()
        if (problem := judge(manifest, version))
    ]


def newest_versions() -> list[str]:
    """The newest versions whose schemas are at hand, such as ``["1.35", "1.36", "1.37"]``."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    names = [
        match.groups() for path in folder.iterdir() if (match := re.match(r"v(\d+)\.(\d+)\.", path.name))
    ]
    newest = sorted({(int(major), int(minor)) for major, minor in names})[-NEWEST:]
    return [f"{major}.{minor}" for major, minor in newest]


def judge(manifest: Manifest, version: str) -> str | None:
    """What is wrong with one object, or None."""
    if manifest["kind"] in CUSTOM:
        unknown = manifest["spec"].keys() - CUSTOM[manifest["kind"]]
        return f"unknown fields {sorted(unknown)}" if unknown else None
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except (
        kubernetes_validate.ValidationError,
        kubernetes_validate.InvalidSchemaError,
        kubernetes_validate.SchemaNotFoundError,
    ) as error:
        return str(getattr(error, "message", error)) or "no such kind"
    return None


def title(manifest: Manifest) -> str:
    """How an object is called in messages."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"
