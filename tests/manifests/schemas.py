"""Kubernetes' own schemas, strictly, for the three newest versions at hand; shapes for custom resources."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-not-found]

from tests.manifests.render import Manifest, read_yaml
from tests.manifests.shapes import mismatches

CUSTOM: dict[str, Any] = read_yaml(Path(__file__).with_name("custom.yaml"))
NEWEST = 3


def problems(rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """One sentence for every object that a version does not accept."""
    found = [
        f"{origin}: {title(manifest)} {problem}"
        for origin, manifests in rendered.items()
        for manifest in manifests
        for problem in judge(manifest)
    ]
    return sorted(set(found))


def judge(manifest: Manifest) -> list[str]:
    """What is wrong with one object; nothing for most."""
    shape = CUSTOM.get(f"{manifest['apiVersion']} {manifest['kind']}")
    if shape is None:
        return judge_builtin(manifest)
    own = [problem.removeprefix(".") for problem in mismatches(manifest["spec"], shape)]
    return own + [problem for part in parts(manifest) for problem in judge_builtin(part)]


def judge_builtin(manifest: Manifest) -> list[str]:
    """What the versions of Kubernetes say of one of their own kinds."""
    said = ((version, _validate(manifest, version)) for version in newest_versions())
    return [f"for Kubernetes {version}: {problem}" for version, problem in said if problem]


def parts(manifest: Manifest) -> list[Manifest]:
    """Objects of Kubernetes' own kinds within a custom one."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    match manifest["kind"]:
        case "JobSet":
            jobs = (job["template"]["spec"] for job in spec["replicatedJobs"])
            return [
                {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job} for job in jobs
            ]
        case "ServingRuntime":
            pod = {"containers": spec["containers"]}
            return [{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod}]
        case "ScaledObject":
            own = spec["advanced"]["horizontalPodAutoscalerConfig"]
            scaler = {"scaleTargetRef": {"kind": "Deployment", "name": "any"}, "maxReplicas": 1, **own}
            kind = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
            return [{**kind, "metadata": metadata, "spec": scaler}]
        case _:
            return []


def newest_versions() -> list[str]:
    """The newest versions whose schemas are at hand, such as ``["1.35", "1.36", "1.37"]``."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    names = [
        match.groups() for path in folder.iterdir() if (match := re.match(r"v(\d+)\.(\d+)\.", path.name))
    ]
    newest = sorted({(int(major), int(minor)) for major, minor in names})[-NEWEST:]
    return [f"{major}.{minor}" for major, minor in newest]


def _validate(manifest: Manifest, version: str) -> str | None:
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
    metadata = manifest["metadata"]
    return f"{manifest['kind']}/{metadata.get('name', metadata.get('generateName'))}"
