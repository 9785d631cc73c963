"""What the outside can reach."""

from __future__ import annotations

from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from tests.manifests.render import Manifest

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


def test_the_ingress_asks_for_tls(all_components: tuple[Manifest, ...]) -> None:
    spec = next(m for m in all_components if m["kind"] == "Ingress")["spec"]
    assert {host for entry in spec["tls"] for host in entry["hosts"]} == {
        rule["host"] for rule in spec["rules"]
    }


def test_the_proxy_takes_as_much_as_the_gateway(all_components: tuple[Manifest, ...]) -> None:
    ingress = next(m for m in all_components if m["kind"] == "Ingress")
    size = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 1024**2 >= Settings().max_request_bytes
