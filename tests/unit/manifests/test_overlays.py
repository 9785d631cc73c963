"""What the overlays render to, and in what they differ."""

from __future__ import annotations

import pytest

from tests.manifests.render import COMPONENTS, OVERLAYS, Manifest, overlay, with_components
from tests.unit.manifests.differences import differences

SERVER = "Deployment/tensorflow-serving/spec"
SERVER_POD = f"{SERVER}/template/spec/containers/tensorflow-serving"
JOB_POD = "spec/jobTemplate/spec/template/spec"
LABELS = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "component", "part-of", "managed-by")}


def test_gpu_differs_from_cpu_in_images_devices_tolerations_and_batching_alone(
    cpu: tuple[Manifest, ...], gpu: tuple[Manifest, ...]
) -> None:
    jobs = {
        f"CronJob/retrain-{name}/{JOB_POD}/{path}"
        for name in ("mnist", "fashion-mnist")
        for path in (
            "containers/training/image",
            "containers/training/resources/limits/memory",
            "containers/training/resources/limits/nvidia.com/gpu",
            "tolerations",
        )
    }
    assert differences(cpu, gpu) == jobs | {
        "HorizontalPodAutoscaler/tensorflow-serving",
        f"{SERVER}/replicas",
        f"{SERVER}/strategy/rollingUpdate/maxSurge",
        f"{SERVER}/strategy/rollingUpdate/maxUnavailable",
        f"{SERVER}/template/spec/tolerations",
        f"{SERVER_POD}/args",
        f"{SERVER_POD}/image",
        f"{SERVER_POD}/resources/limits/memory",
        f"{SERVER_POD}/resources/limits/nvidia.com/gpu",
        f"{SERVER_POD}/resources/requests/memory",
    }


def test_local_differs_from_cpu_in_size_server_storage_and_components_alone(
    cpu: tuple[Manifest, ...], local: tuple[Manifest, ...]
) -> None:
    only_cpu = {"CronJob", "HorizontalPodAutoscaler", "NetworkPolicy"}
    found = {path for path in differences(cpu, local) if path.split("/")[0] not in only_cpu}
    assert found == {
        "Job/train-mnist",
        "Job/train-fashion-mnist",
        "Namespace/mnist",
        "PersistentVolumeClaim/model-store",
        "PersistentVolumeClaim/training-runs",
        "Deployment/gateway/spec/replicas",
        "Deployment/gateway/spec/template/spec/containers/gateway/resources/requests/cpu",
        f"{SERVER}/replicas",
        f"{SERVER}/progressDeadlineSeconds",
        f"{SERVER_POD}/startupProbe/failureThreshold",
        f"{SERVER_POD}/command",
        f"{SERVER_POD}/image",
        f"{SERVER_POD}/resources/requests/cpu",
    }


def test_the_embedded_server_gets_tensorflow_servings_flags_unchanged(
    cpu: tuple[Manifest, ...], local: tuple[Manifest, ...]
) -> None:
    assert f"{SERVER_POD}/args" not in differences(cpu, local)


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_can_be_added_to_a_cluster_alone(name: str) -> None:
    needed = {"gateway-canary": ("gateway-api",)}.get(name, ())
    assert differences(with_components("base", needed), with_components("base", (*needed, name)))


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_object_has_the_recommended_labels_and_the_namespace(name: str) -> None:
    for manifest in overlay(name):
        metadata = manifest["metadata"]
        if manifest["kind"] == "Namespace":
            continue
        title = f"{manifest['kind']}/{metadata['name']}"
        assert metadata.get("labels", {}).keys() >= LABELS, title
        assert metadata["namespace"] == "mnist", title


def test_a_changed_setting_changes_the_name_that_the_pods_ask_for(
    cpu: tuple[Manifest, ...], all_components: tuple[Manifest, ...]
) -> None:
    def settings(manifests: tuple[Manifest, ...]) -> str:
        gateway = next(
            m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"] == "gateway"
        )
        container = gateway["spec"]["template"]["spec"]["containers"][0]
        return str(container["envFrom"][0]["configMapRef"]["name"])

    assert settings(cpu).startswith("gateway-settings-")
    assert settings(cpu) != settings(all_components), "the component api-keys changes a setting"
