"""What the outside can reach."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from tests.manifests.render import ROOT, Manifest, pod_spec, read_yaml, with_components
from tests.unit.manifests.test_change_and_load import named

INSIDE_ONLY = {"/healthz", "/readyz", "/metrics"}


def test_the_ingress_lets_through_what_callers_need_and_nothing_else(
    all_components: tuple[Manifest, ...],
) -> None:
    ingress = next(m for m in all_components if m["kind"] == "Ingress")
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    exact = {path["path"] for path in paths if path["pathType"] == "Exact"}
    prefixes = tuple(path["path"] for path in paths if path["pathType"] == "Prefix")
    app = create_app(Settings())
    routes = {str(rule) for rule in app.url_map.iter_rules()}
    outside = {route for route in routes if route in exact or route.startswith(prefixes)}
    assert routes - outside == INSIDE_ONLY


def test_the_route_of_gateway_api_lets_through_the_same(all_components: tuple[Manifest, ...]) -> None:
    ingress = next(m for m in all_components if m["kind"] == "Ingress")
    route = named(all_components, "HTTPRoute", "gateway")
    kinds = {"PathPrefix": "Prefix", "Exact": "Exact"}
    matches = [match["path"] for match in route["spec"]["rules"][0]["matches"]]
    assert [(match["value"], kinds[match["type"]]) for match in matches] == [
        (path["path"], path["pathType"]) for path in ingress["spec"]["rules"][0]["http"]["paths"]
    ]


@pytest.mark.parametrize("component", ["ingress", "gateway-api"])
def test_callers_behind_a_proxy_are_told_apart_by_their_own_address(component: str) -> None:
    manifests = with_components("base", (component,))
    settings = next(m for m in manifests if m["metadata"]["name"].startswith("gateway-settings-"))["data"]
    trusted = [ip_network(network) for network in settings["GATEWAY_TRUSTED_PROXIES"].split(",")]
    assert any(ip_address("10.1.2.3") in network for network in trusted)
    assert not any(ip_address("203.0.113.9") in network for network in trusted), "nobody else is believed"


def test_a_canary_of_the_gateway_has_everything_but_the_name_and_the_image(
    all_components: tuple[Manifest, ...],
) -> None:
    one, other = (named(all_components, "Deployment", name) for name in ("gateway", "gateway-canary"))
    assert pod_spec(one)["containers"] == pod_spec(other)["containers"]
    assert pod_spec(one)["volumes"] == pod_spec(other)["volumes"]
    weights = named(all_components, "HTTPRoute", "gateway")["spec"]["rules"][0]["backendRefs"]
    assert {backend["name"]: backend["weight"] for backend in weights} == {"gateway": 95, "gateway-canary": 5}


def test_the_ingress_asks_for_tls(all_components: tuple[Manifest, ...]) -> None:
    spec = next(m for m in all_components if m["kind"] == "Ingress")["spec"]
    assert {host for entry in spec["tls"] for host in entry["hosts"]} == {
        rule["host"] for rule in spec["rules"]
    }


def test_the_proxy_takes_as_much_as_the_gateway() -> None:
    ingress = read_yaml(ROOT / "k8s/examples/ingress-nginx.yaml")
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 1024**2 >= Settings().max_request_bytes
