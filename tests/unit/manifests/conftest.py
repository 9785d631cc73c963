"""The rendered manifests, for the tests of this folder."""

from __future__ import annotations

import shutil

import pytest

from tests.manifests.render import Manifest, everything, overlay, pod_spec, storage


@pytest.fixture(autouse=True)
def _kubectl() -> None:
    # `make manifests` fails without kubectl; `make test` is for those who never touch a cluster as well.
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")


@pytest.fixture
def local() -> tuple[Manifest, ...]:
    """The objects of the overlay for one node."""
    return overlay("local")


@pytest.fixture
def cpu() -> tuple[Manifest, ...]:
    """The objects of the overlay for clusters without GPUs."""
    return overlay("cpu")


@pytest.fixture
def gpu() -> tuple[Manifest, ...]:
    """The objects of the overlay for clusters with GPUs."""
    return overlay("gpu")


@pytest.fixture
def kserve() -> tuple[Manifest, ...]:
    """The objects of the overlay for platforms with KServe."""
    return overlay("kserve")


@pytest.fixture
def shared_storage() -> tuple[Manifest, ...]:
    """Namespace and volumes that any node can mount."""
    return storage("read-write-many")


@pytest.fixture
def single_storage() -> tuple[Manifest, ...]:
    """Namespace and volumes that one node at a time can mount."""
    return storage("read-write-once")


@pytest.fixture
def all_components() -> tuple[Manifest, ...]:
    """The base with every component."""
    return everything()


@pytest.fixture
def workloads(
    cpu: tuple[Manifest, ...],
    local: tuple[Manifest, ...],
    kserve: tuple[Manifest, ...],
    all_components: tuple[Manifest, ...],
) -> list[Manifest]:
    """Everything that runs pods, of all overlays and components."""
    return [manifest for manifest in (*cpu, *local, *kserve, *all_components) if pod_spec(manifest)]


@pytest.fixture
def deployments(workloads: list[Manifest]) -> list[Manifest]:
    """What runs all the time."""
    return [workload for workload in workloads if workload["kind"] == "Deployment"]
