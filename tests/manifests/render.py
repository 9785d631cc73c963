"""The objects that the kustomizations under k8s/ make, as plain dictionaries."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("local", "cpu", "gpu")
# Other components include training-pod; object-store changes the jobs that the ones before it bring.
COMPONENTS = (
    *sorted(
        path.parent.name
        for path in (ROOT / "k8s/components").glob("*/kustomization.yaml")
        if path.parent.name not in ("training-pod", "object-store")
    ),
    "object-store",
)

Manifest = dict[str, Any]


class RenderError(Exception):
    """kubectl is missing or refused; the message says which."""


@functools.cache
def overlay(name: str) -> tuple[Manifest, ...]:
    """The objects of one overlay."""
    return _load(_kustomize(ROOT / "k8s/overlays" / name))


@functools.cache
def everything() -> tuple[Manifest, ...]:
    """The base with every component there is, as nobody would deploy it, so that all is checked."""
    return with_components("base", COMPONENTS)


@functools.cache
def with_components(resource: str, components: tuple[str, ...]) -> tuple[Manifest, ...]:
    """The objects of a kustomization under k8s/ with components added, as a user's own overlay would."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for part in ("k8s", "monitoring", "serving/tensorflow_serving"):
            shutil.copytree(ROOT / part, copy / part)
        # The one file that is not part of the repository: callers' hashed keys.
        (copy / "k8s/components/api-keys/api-keys").write_text("somebody:0\n")
        own = copy / "k8s/overlays/own"
        own.mkdir()
        content = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "mnist",
            "resources": [f"../../{resource}"],
            "components": [f"../../components/{name}" for name in components],
        }
        (own / "kustomization.yaml").write_text(yaml.safe_dump(content))
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
