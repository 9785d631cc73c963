"""Alerts and dashboard ask only for what is measured, and every alert says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from serving.gateway.telemetry.metrics import Metrics
from tests.manifests import alerts
from tests.manifests.render import ROOT, read_yaml

DASHBOARD: dict[str, Any] = json.loads((ROOT / "monitoring/dashboards/mnist.json").read_text())
RULES = [rule for group in read_yaml(alerts.SOURCE)["groups"] for rule in group["rules"]]
# Prometheus' own, and those of the cluster (kube-state-metrics, kubelet).
FROM_ELSEWHERE = {
    "up",
    "kube_job_status_failed",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
METRIC = re.compile(r"(?<![\w:])(:?[a-z]+(?:[:_][a-z]+)+)(?=[{\[)\s]|$)")
WORDS = {"histogram_quantile", "group_left", "label_values"}


def test_every_metric_of_the_dashboard_exists() -> None:
    known = of_the_gateway() | FROM_ELSEWHERE
    expressions = list(dashboard_expressions())
    assert len(expressions) > 20
    for expression in expressions:
        names = metrics(expression)
        assert names, f"no metric found in {expression}"
        assert {name for name in names if not name.startswith(":tensorflow")} <= known, expression


def test_what_is_asked_of_tensorflow_serving_was_seen_there(shared_data: Path) -> None:
    asked = {name for expression in dashboard_expressions() for name in metrics(expression)}
    of_the_server = {name for name in asked if name.startswith(":tensorflow")}
    assert of_the_server
    assert of_the_server <= of_tensorflow_serving(shared_data)


def test_every_metric_of_the_alerts_exists() -> None:
    known = of_the_gateway() | FROM_ELSEWHERE
    for rule in RULES:
        names = metrics(rule["expr"])
        assert names, rule["alert"]
        assert names <= known, rule["alert"]


def test_every_alert_says_what_to_do() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    anchors = {f"docs/operations.md#{heading.lower().replace(' ', '-')}" for heading in headings}
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook"] in anchors, rule["alert"]


def test_the_operators_rules_are_prometheus_own() -> None:
    assert alerts.TARGET.read_text() == alerts.prometheus_rule(), "run: python -m tests.manifests.alerts"
    rule = read_yaml(alerts.TARGET)
    assert rule["spec"] == read_yaml(alerts.SOURCE)


def test_panels_have_a_title_a_description_and_a_place_of_their_own() -> None:
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)


def metrics(expression: str) -> set[str]:
    """Names of metrics in a PromQL expression; labels and their values are left out."""
    without_braces = re.sub(r"\{[^}]*\}", "", expression)
    without_groups = re.sub(r"\b(by|on|without)\s*\([^)]*\)", " ", without_braces)
    found = set(METRIC.findall(without_groups)) - WORDS
    return found | ({"up"} if re.search(r"\bup\b", without_groups) else set())


def dashboard_expressions() -> Iterator[str]:
    """The queries of all panels and of the variables."""
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def of_the_gateway() -> set[str]:
    """Every name that the gateway can answer with; those without a value yet included."""
    families = text_string_to_metric_families(Metrics().render().decode())
    return {name for family in families for name in series(family.name, family.type)}


def of_tensorflow_serving(shared_data: Path) -> set[str]:
    """Every name that a real TensorFlow Serving was seen to answer with."""
    recorded = json.loads((shared_data / "tfserving/transcripts.json").read_text())
    pages = [exchange["response"].get("metrics", []) for exchange in recorded["exchanges"]]
    return {name for page in pages for metric in page for name in series(metric["name"], metric["type"])}


def series(name: str, kind: str) -> set[str]:
    """The names of one metric's series."""
    if kind == "histogram":
        return {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return {name, f"{name}_total"} if kind == "counter" else {name}
