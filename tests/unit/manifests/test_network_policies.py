"""Who may call whom, asked of the policies that an overlay applies."""

from __future__ import annotations

import pytest

from tests.manifests.render import Manifest, with_components
from tests.unit.manifests.connections import Peer, allowed, pod
from tests.unit.manifests.test_change_and_load import named

CONTROLLER = Peer({"app": "controller"}, namespace="ingress-nginx")
PROMETHEUS = Peer({"app": "prometheus"}, namespace="monitoring")
STRANGER = Peer({"app": "any"}, namespace="default")
NAMES = Peer({"k8s-app": "kube-dns"}, namespace="kube-system")
SOLVER = Peer({"acme.cert-manager.io/http01-solver": "true"})


def policies(manifests: tuple[Manifest, ...]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy"]


@pytest.fixture
def everything_that_calls(all_components: tuple[Manifest, ...]) -> dict[str, Peer]:
    """The pods, by the name of what runs them."""
    kinds = ("Deployment", "CronJob", "Job")
    return {m["metadata"]["name"]: pod(m) for m in all_components if m["kind"] in kinds}


def test_callers_reach_the_gateway_through_the_controller_alone(cpu: tuple[Manifest, ...]) -> None:
    gateway = pod(named(cpu, "Deployment", "gateway"))
    assert allowed(policies(cpu), CONTROLLER, gateway, 8080)
    assert allowed(policies(cpu), PROMETHEUS, gateway, 8080)
    assert not allowed(policies(cpu), STRANGER, gateway, 8080)


def test_only_gateways_reach_a_model_server_which_reaches_nobody(
    cpu: tuple[Manifest, ...], all_components: tuple[Manifest, ...], everything_that_calls: dict[str, Peer]
) -> None:
    server = pod(named(cpu, "Deployment", "tensorflow-serving"))
    callers = {
        name
        for name, each in everything_that_calls.items()
        if allowed(policies(all_components), each, server, 8500)
    }
    assert callers == {"gateway", "gateway-canary", "gateway-bulk"}
    assert not allowed(policies(cpu), STRANGER, server, 8500)
    for port in (53, 443, 8080):
        assert not allowed(policies(cpu), server, Peer(address="8.8.8.8"), port)
        assert not allowed(policies(cpu), server, NAMES, port)


def test_a_certificate_can_be_proven_over_http(cpu: tuple[Manifest, ...]) -> None:
    assert allowed(policies(cpu), CONTROLLER, SOLVER, 8089)
    assert not allowed(policies(cpu), STRANGER, SOLVER, 8089)
    assert not allowed(policies(cpu), CONTROLLER, SOLVER, 8080)


def test_gateways_alone_reach_the_shared_counter(
    all_components: tuple[Manifest, ...], everything_that_calls: dict[str, Peer]
) -> None:
    counter = everything_that_calls["rate-limits"]
    callers = {
        name
        for name, each in everything_that_calls.items()
        if allowed(policies(all_components), each, counter, 6379)
    }
    assert callers == {"gateway", "gateway-canary", "gateway-bulk"}


@pytest.mark.parametrize("port", [443, 9000])
def test_models_reach_an_object_store_inside_and_outside_of_the_cluster(port: int) -> None:
    manifests = with_components("overlays/cpu", ("training-job", "object-store"))
    for kind, name in (("Deployment", "tensorflow-serving"), ("CronJob", "retrain-mnist")):
        source = pod(named(manifests, kind, name))
        for address in ("52.1.2.3", "10.0.0.7"):
            assert allowed(policies(manifests), source, Peer(address=address), port)
        assert allowed(policies(manifests), source, Peer({"app": "minio"}, namespace="minio"), port)


@pytest.mark.parametrize(
    ("address", "port"), [("169.254.169.254", 80), ("169.254.170.23", 80), ("169.254.169.252", 988)]
)
def test_models_reach_the_clouds_credentials_with_an_object_store_alone(
    cpu: tuple[Manifest, ...], address: str, port: int
) -> None:
    manifests = with_components("overlays/cpu", ("object-store",))
    server = pod(named(manifests, "Deployment", "tensorflow-serving"))
    assert allowed(policies(manifests), server, Peer(address=address), port)
    assert not allowed(policies(cpu), server, Peer(address=address), port)


def test_every_pod_finds_names_that_has_to(
    all_components: tuple[Manifest, ...], everything_that_calls: dict[str, Peer]
) -> None:
    silent = {"rate-limits", "prune"}
    for name, each in everything_that_calls.items():
        found = allowed(policies(all_components), each, NAMES, 53, "UDP")
        # Pruning needs none; here it shares a label, and so the policy, with the backup.
        assert found or name in silent, name


def test_workers_of_one_training_reach_each_other(cpu: tuple[Manifest, ...]) -> None:
    worker = pod(named(cpu, "CronJob", "retrain-mnist"))
    assert allowed(policies(cpu), worker, worker, 2222)
    assert not allowed(policies(cpu), STRANGER, worker, 2222)


def test_bulk_classification_reaches_its_own_gateway_alone(all_components: tuple[Manifest, ...]) -> None:
    job = pod(named(all_components, "Job", "bulk-classification"))
    own, live = (named(all_components, "Deployment", name) for name in ("gateway-bulk", "gateway"))
    assert allowed(policies(all_components), job, pod(own), 8080)
    assert not allowed(policies(all_components), job, pod(live), 8080)
    assert not allowed(policies(all_components), STRANGER, pod(own), 8080)
