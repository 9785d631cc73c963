"""The objects that the kustomizations under k8s/ make, as plain dictionaries."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("local", "cpu", "gpu", "kserve")
STORAGE = ("read-write-many", "read-write-once")
# The first ones copy the gateway, so that what changes gateways comes after them; the last ones change jobs
# that the ones before them bring.
_FIRST, _LAST = (
    ("gateway-api", "gateway-canary", "bulk-classification"),
    ("corrections", "gpu", "object-store"),
)
# Included by others, or for the overlay kserve alone.
_NOT_ALONE = ("training-pod", "autoscaler-model-server", "kserve-canary")
# Instead of one another: autoscaler-inflight includes autoscaler.
_INSTEAD = ("autoscaler", "autoscaler-keda")
COMPONENTS = (
    *_FIRST,
    *sorted(
        path.parent.name
        for path in (ROOT / "k8s/components").glob("*/kustomization.yaml")
        if path.parent.name not in (*_FIRST, *_LAST, *_NOT_ALONE)
    ),
    *_LAST,
)

Manifest = dict[str, Any]


class RenderError(Exception):
    """kubectl is missing or refused; the message says which."""


@functools.cache
def overlay(name: str) -> tuple[Manifest, ...]:
    """The objects of one overlay."""
    return _load(_kustomize(ROOT / "k8s/overlays" / name))


@functools.cache
def storage(name: str) -> tuple[Manifest, ...]:
    """The namespace and the volumes, which outlive a deployment."""
    return _load(_kustomize(ROOT / "k8s/storage" / name))


@functools.cache
def everything() -> tuple[Manifest, ...]:
    """The base with all components that go together, as nobody would deploy it, so that all is checked."""
    return with_components("base", tuple(name for name in COMPONENTS if name not in _INSTEAD))


@functools.cache
def examples() -> tuple[Manifest, ...]:
    """The whole objects of k8s/examples; patches, values of charts and settings of tools are left out."""
    files = sorted((ROOT / "k8s/examples").glob("*.yaml"))
    return tuple(
        document
        for path in files
        if not path.name.startswith("ingress-")
        for document in _load(path.read_text())
        if "kind" in document
    )


def all_rendered() -> dict[str, tuple[Manifest, ...]]:
    """Everything that is checked, by where it comes from."""
    return {
        **{name: overlay(name) for name in OVERLAYS},
        **{name: storage(name) for name in STORAGE},
        "all components": everything(),
        "autoscaler-keda": with_components("base", ("autoscaler-keda",)),
        "kserve-canary": with_components("overlays/kserve", ("kserve-canary",)),
        "examples": examples(),
    }


def from_text(kustomization: str, below: Mapping[str, str] | None = None) -> tuple[Manifest, ...]:
    """The objects of a kustomization as a page shows it, put beside the overlays.

    Args:
        kustomization: its text.
        below: texts of kustomizations in folders below it, by the folder's name.
    """
    return _beside_the_overlays(kustomization, below or {})


@functools.cache
def with_components(resource: str, components: tuple[str, ...]) -> tuple[Manifest, ...]:
    """The objects of a kustomization under k8s/ with components added, as a user's own overlay would."""
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "mnist",
        "resources": [f"../../{resource}"],
        "components": [f"../../components/{name}" for name in components],
    }
    return _beside_the_overlays(yaml.safe_dump(content), {})


def _beside_the_overlays(kustomization: str, below: Mapping[str, str]) -> tuple[Manifest, ...]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for part in ("k8s", "monitoring", "serving/tensorflow_serving"):
            shutil.copytree(ROOT / part, copy / part)
        own = copy / "k8s/overlays/own"
        own.mkdir()
        (own / "kustomization.yaml").write_text(kustomization)
        for name, text in below.items():
            (own / name).mkdir()
            (own / name / "kustomization.yaml").write_text(text)
        return _load(_kustomize(own))


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """The one document of a file."""
    return yaml.safe_load(path.read_text())


def containers(manifest: Manifest) -> list[Manifest]:
    """All containers of a workload, those that run before the others included; none for other objects."""
    pod = pod_spec(manifest)
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def pod_spec(manifest: Manifest) -> Manifest:
    """The pod's specification within a workload; empty for other objects."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "JobSet":
        spec = spec["replicatedJobs"][0]["template"]["spec"]
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: Manifest = spec.get("template", {}).get("spec", {}) if isinstance(spec, dict) else {}
    return found


def _kustomize(folder: Path) -> str:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise RenderError(
            "kubectl is not on PATH; it renders the manifests (https://kubernetes.io/docs/tasks/tools)"
        )
    done = subprocess.run(
        [kubectl, "kustomize", os.fspath(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise RenderError(f"kubectl kustomize {folder}: {done.stderr.strip()}")
    return done.stdout


def _load(text: str) -> tuple[Manifest, ...]:
    return tuple(document for document in yaml.safe_load_all(text) if document)
