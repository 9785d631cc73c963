"""Autoscalers and requests: every metric has a source, and one small node has room for `local`."""

from __future__ import annotations

import re

import pytest

from tests.manifests.render import ROOT, Manifest, containers, pod_spec, read_yaml, with_components
from tests.unit.manifests.test_change_and_load import named

SUFFIXES = {"m": 0.001, "": 1.0, "Mi": 2.0**20, "Gi": 2.0**30}


def amount(text: str) -> float:
    """A quantity such as ``250m`` or ``2Gi``."""
    number, suffix = re.fullmatch(r"([\d.]+)(\D*)", str(text)).groups()  # type: ignore[union-attr]
    return float(number) * SUFFIXES[suffix]


@pytest.mark.parametrize("overlay", ["cpu", "gpu"])
def test_without_a_metrics_adapter_no_autoscaler_asks_for_one(
    overlay: str, request: pytest.FixtureRequest
) -> None:
    # A metric that cannot be fetched keeps an autoscaler from scaling down.
    manifests: tuple[Manifest, ...] = request.getfixturevalue(overlay)
    scalers = [m for m in manifests if m["kind"] == "HorizontalPodAutoscaler"]
    assert scalers
    assert {metric["type"] for scaler in scalers for metric in scaler["spec"]["metrics"]} == {"Resource"}


def test_autoscaled_deployments_have_no_fixed_number_of_replicas(cpu: tuple[Manifest, ...]) -> None:
    scaled = {m["spec"]["scaleTargetRef"]["name"] for m in cpu if m["kind"] == "HorizontalPodAutoscaler"}
    assert scaled == {"gateway", "tensorflow-serving"}
    for name in scaled:
        assert "replicas" not in named(cpu, "Deployment", name)["spec"]


def test_model_servers_on_gpus_are_not_scaled_by_their_processor(gpu: tuple[Manifest, ...]) -> None:
    scaled = {m["spec"]["scaleTargetRef"]["name"] for m in gpu if m["kind"] == "HorizontalPodAutoscaler"}
    assert scaled == {"gateway"}
    assert named(gpu, "Deployment", "tensorflow-serving")["spec"]["replicas"] == 2


def test_requests_in_flight_are_served_by_the_adapter_as_its_rule_says() -> None:
    scaler = named(with_components("base", ("autoscaler-inflight",)), "HorizontalPodAutoscaler", "gateway")
    kinds = {metric["type"]: metric for metric in scaler["spec"]["metrics"]}
    assert kinds.keys() == {"Pods", "Resource"}
    rules = read_yaml(ROOT / "k8s/examples/prometheus-adapter-values.yaml")["rules"]["custom"]
    assert kinds["Pods"]["pods"]["metric"]["name"] == rules[0]["seriesQuery"].partition("{")[0]


def test_keda_has_a_number_to_fall_back_to_and_scales_the_gateway_alone() -> None:
    manifests = with_components("base", ("autoscaler-keda",))
    scaled = named(manifests, "ScaledObject", "gateway")["spec"]
    assert scaled["minReplicaCount"] <= scaled["fallback"]["replicas"] <= scaled["maxReplicaCount"]
    assert "replicas" not in named(manifests, "Deployment", "gateway")["spec"]
    others = [m["metadata"]["name"] for m in manifests if m["kind"] == "HorizontalPodAutoscaler"]
    assert others == ["tensorflow-serving"], "two autoscalers of one deployment would fight"


def test_one_node_of_two_processors_has_room_for_everything(local: tuple[Manifest, ...]) -> None:
    # kind's own pods ask for 0.95 of a processor and 0.3 GiB.
    pods = [manifest for manifest in local if pod_spec(manifest)]
    requests = [container["resources"]["requests"] for manifest in pods for container in containers(manifest)]
    assert len(pods) == 4, "two servers and two jobs"
    assert sum(amount(each["cpu"]) for each in requests) <= 2 - 0.95
    assert sum(amount(each["memory"]) for each in requests) <= 4 * 2**30


def test_the_model_server_waits_as_long_as_the_first_training_may_take(local: tuple[Manifest, ...]) -> None:
    server = named(local, "Deployment", "tensorflow-serving")["spec"]
    probe = server["template"]["spec"]["containers"][0]["startupProbe"]
    waits = probe["periodSeconds"] * probe["failureThreshold"]
    assert 3600 <= waits < server["progressDeadlineSeconds"]
