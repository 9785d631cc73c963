"""The production overlay of docs/operations.md, rendered as the page shows it."""

from __future__ import annotations

import re

import pytest

from tests.manifests.render import ROOT, Manifest, containers, from_text, overlay
from tests.unit.manifests.connections import Peer, allowed
from tests.unit.manifests.differences import differences
from tests.unit.manifests.test_change_and_load import named

PAGE = (ROOT / "docs/operations.md").read_text()


def block(path: str) -> str:
    """A file of the page, by the path in its first line."""
    found = re.search(rf"```yaml\n# {re.escape(path)}\n(.*?)```", PAGE, re.DOTALL)
    assert found, path
    return found[1]


@pytest.fixture
def production() -> tuple[Manifest, ...]:
    return from_text(
        block("k8s/overlays/production/kustomization.yaml"),
        {"settings": block("k8s/overlays/production/settings/kustomization.yaml")},
    )


def test_it_renders_with_what_the_repository_has(production: tuple[Manifest, ...]) -> None:
    ours = {
        container["image"].partition("@")[0]
        for manifest in production
        for container in containers(manifest)
        if "mnist" in container["image"]
    }
    assert ours == {"REGISTRY/mnist-gateway", "REGISTRY/mnist-train"}
    assert named(production, "Ingress", "gateway")["spec"]["rules"][0]["host"] == "digits.example.org"


def test_a_rate_that_it_sets_is_counted_in_one_place(production: tuple[Manifest, ...]) -> None:
    settings = next(m for m in production if m["metadata"]["name"].startswith("gateway-settings-"))["data"]
    assert settings["GATEWAY_RATE_LIMIT"] == "600/minute"
    assert settings["GATEWAY_RATE_LIMIT_STORAGE"].startswith("redis://")


def test_its_certificate_can_be_proven(production: tuple[Manifest, ...]) -> None:
    policies = [m for m in production if m["kind"] == "NetworkPolicy"]
    solver = Peer({"acme.cert-manager.io/http01-solver": "true"})
    assert allowed(policies, Peer(namespace="traefik"), solver, 8089)


def test_it_keeps_everything_of_the_overlay_below(production: tuple[Manifest, ...]) -> None:
    missing = {path for path in differences(overlay("cpu"), production) if path.count("/") == 1}
    kinds = {m["kind"] + "/" + m["metadata"]["name"] for m in production}
    assert not {path for path in missing if path not in kinds and "gateway-settings" not in path}


def test_the_pair_of_tensorflow_and_its_server_is_the_one_that_was_tried(cpu: tuple[Manifest, ...]) -> None:
    image = containers(named(cpu, "Deployment", "tensorflow-serving"))[0]["image"]
    lock = (ROOT / "requirements/training.lock").read_text()
    exporter = re.search(r"^tensorflow==(\d+\.\d+)", lock, re.MULTILINE)
    assert exporter is not None
    pair = f"exported by TensorFlow {exporter[1]} and served by TensorFlow Serving {image.rpartition(':')[2]}"
    assert pair in " ".join(PAGE.split()), "replay the golden set with the new pair, then change the page"
