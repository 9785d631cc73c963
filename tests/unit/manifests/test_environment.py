"""Environment variables: what manifests and images set is documented, and the other way round."""

from __future__ import annotations

import re
from typing import Any

import pytest

from serving.gateway.settings.settings import Settings
from tests.manifests.render import OVERLAYS, ROOT, Manifest, containers, overlay, read_yaml

COMPOSE: dict[str, Any] = read_yaml(ROOT / "compose.yaml")


def documented(page: str) -> set[str]:
    """Variables that a page lists: the first cell of a table's row."""
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", (ROOT / page).read_text(), re.MULTILINE))


def set_by_images() -> set[str]:
    """Variables that the Dockerfiles set, but for where programs are found."""
    text = "".join((ROOT / f"Dockerfile.{name}").read_text() for name in ("serve", "train"))
    blocks = re.findall(r"^ENV (.*?[^\\])$", text, re.MULTILINE | re.DOTALL)
    return {name for block in blocks for name in re.findall(r"(\w+)=", block)} - {"PATH"}


def gateway_settings(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    """What the gateway's ConfigMap sets."""
    found = next(m for m in manifests if m["metadata"]["name"].startswith("gateway-settings-"))
    return dict(found["data"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_gateways_settings_are_those_that_are_documented(name: str) -> None:
    assert gateway_settings(overlay(name)).keys() == documented("docs/configuration.md")


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_gateway_can_read_its_settings(name: str) -> None:
    settings = Settings.from_env(gateway_settings(overlay(name)))
    assert settings.host == "0.0.0.0", "a container that listens on loopback is not reached"


def test_other_variables_are_those_of_the_operations_page(all_components: tuple[Manifest, ...]) -> None:
    by_containers = {
        variable["name"]
        for manifest in all_components
        for container in containers(manifest)
        for variable in container.get("env", [])
    }
    others = by_containers | set_by_images()
    for name in ("object-store", "prune", "backup"):
        settings = next(m for m in all_components if m["metadata"]["name"].startswith(f"{name}-settings-"))
        others |= settings["data"].keys()
    gateways = {name for name in others if name.startswith("GATEWAY_")}
    assert gateways <= documented("docs/configuration.md")
    assert others - gateways == documented("docs/operations.md")


def test_compose_sets_what_the_gateway_knows() -> None:
    environment = COMPOSE["services"]["gateway"]["environment"]
    assert environment.keys() <= documented("docs/configuration.md")


def test_compose_and_cluster_serve_the_same_models(cpu: tuple[Manifest, ...]) -> None:
    environment = COMPOSE["services"]["gateway"]["environment"]
    assert environment["GATEWAY_MODELS"] == gateway_settings(cpu)["GATEWAY_MODELS"]


def test_the_model_server_hosts_what_the_gateway_waits_for(cpu: tuple[Manifest, ...]) -> None:
    files = next(m for m in cpu if m["metadata"]["name"] == "tensorflow-serving-models")
    hosted = re.findall(r'^ *name: "(\w+)"', files["data"]["models.config"], re.MULTILINE)
    assert hosted == gateway_settings(cpu)["GATEWAY_MODELS"].split(",")


def test_what_a_gateway_sends_fits_into_the_model_servers_batch(gpu: tuple[Manifest, ...]) -> None:
    files = next(m for m in gpu if m["metadata"]["name"].startswith("tensorflow-serving-configuration-"))
    largest = re.search(r"^max_batch_size { value: (\d+) }", files["data"]["batching.config"], re.MULTILINE)
    assert largest is not None
    assert int(gateway_settings(gpu)["GATEWAY_MAX_BATCH"]) <= int(largest[1]), "it refuses larger ones"
