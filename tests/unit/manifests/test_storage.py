"""Volumes: what outlives a deployment, and what a storage class of one node at a time is enough for."""

from __future__ import annotations

from typing import Any

from tests.manifests.render import Manifest, pod_spec, with_components
from tests.unit.manifests.test_change_and_load import named, trains


def claims(manifest: Manifest) -> set[str]:
    """The claims that a workload's pods mount."""
    volumes = pod_spec(manifest).get("volumes", [])
    return {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if volume.get("persistentVolumeClaim")
    }


def modes(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    found = (m for m in manifests if m["kind"] == "PersistentVolumeClaim")
    return {claim["metadata"]["name"]: claim["spec"]["accessModes"] for claim in found}


def test_deleting_a_deployment_deletes_no_model(
    cpu: tuple[Manifest, ...],
    gpu: tuple[Manifest, ...],
    kserve: tuple[Manifest, ...],
    shared_storage: tuple[Manifest, ...],
) -> None:
    kept = {"Namespace", "PersistentVolumeClaim"}
    for overlay in (cpu, gpu, kserve):
        assert not [m for m in overlay if m["kind"] in kept]
    assert {m["kind"] for m in shared_storage} == kept


def test_gitops_tools_do_not_prune_the_volumes(shared_storage: tuple[Manifest, ...]) -> None:
    for claim in (m for m in shared_storage if m["kind"] == "PersistentVolumeClaim"):
        annotations = claim["metadata"]["annotations"]
        assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"
        assert annotations["kustomize.toolkit.fluxcd.io/prune"] == "disabled"


def test_there_are_volumes_for_both_kinds_of_storage_classes(
    shared_storage: tuple[Manifest, ...], single_storage: tuple[Manifest, ...], local: tuple[Manifest, ...]
) -> None:
    assert modes(shared_storage) == {"model-store": ["ReadWriteMany"], "training-runs": ["ReadWriteMany"]}
    assert modes(single_storage) == {"model-store": ["ReadWriteOnce"], "training-runs": ["ReadWriteOnce"]}
    assert modes(local) == modes(single_storage)


def test_what_pods_mount_is_there(cpu: tuple[Manifest, ...], shared_storage: tuple[Manifest, ...]) -> None:
    asked = {claim for manifest in cpu for claim in claims(manifest)}
    assert asked == modes(shared_storage).keys()


def test_with_an_object_store_volumes_of_one_node_are_enough() -> None:
    manifests = with_components(
        "overlays/cpu", ("training-job", "multi-worker-training", "prune", "object-store")
    )
    assert claims(named(manifests, "Deployment", "tensorflow-serving")) == set()
    jobs = [m for m in manifests if m["kind"] in ("Job", "CronJob", "JobSet") and claims(m)]
    assert len(jobs) == 6
    for job in jobs:
        # Pods that share the volumes go to the node where the volumes are.
        terms = pod_spec(job)["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        (expression,) = terms[0]["labelSelector"]["matchExpressions"]
        assert terms[0]["topologyKey"] == "kubernetes.io/hostname"
        assert set(expression["values"]) == {"training", "maintenance"}


def test_a_new_replica_waits_for_the_versions_that_should_serve() -> None:
    manifests = with_components("overlays/cpu", ("object-store",))
    server = named(manifests, "Deployment", "tensorflow-serving")
    (sidecar,) = pod_spec(server)["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["startupProbe"]["exec"]["command"] == ["test", "-e", "/tmp/synchronised"]
    assert {"mountPath": "/etc/tensorflow-serving", "name": "configuration", "readOnly": True} in sidecar[
        "volumeMounts"
    ]


def test_both_kinds_of_jobs_train_with_gpus(all_components: tuple[Manifest, ...]) -> None:
    jobs = [m for m in all_components if m["kind"] in ("Job", "CronJob", "JobSet") and trains(m)]
    assert len(jobs) == 6
    for job in jobs:
        pod = pod_spec(job)
        (training,) = [
            c for c in (*pod.get("initContainers", []), *pod["containers"]) if c["name"] == "training"
        ]
        assert training["resources"]["limits"]["nvidia.com/gpu"] == "1", job["metadata"]["name"]
        assert training["image"].endswith("-gpu")
        assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"
