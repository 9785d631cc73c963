"""Alerts and dashboard ask only for what is measured, and every alert says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from serving.gateway.app import create_app
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.metrics import Metrics
from tests.manifests import alerts
from tests.manifests.render import ROOT, read_yaml, with_components

DASHBOARD: dict[str, Any] = json.loads((ROOT / "monitoring/dashboards/mnist.json").read_text())
GROUPS = read_yaml(alerts.SOURCE)["groups"]
ALERTS = [rule for group in GROUPS for rule in group["rules"] if "alert" in rule]
RECORDED = {rule["record"]: rule["expr"] for group in GROUPS for rule in group["rules"] if "record" in rule}
TESTS = [
    test for path in sorted(alerts.SOURCE.parent.glob("*.test.yaml")) for test in read_yaml(path)["tests"]
]
# Prometheus' own, and those of the cluster (kube-state-metrics, kubelet, cert-manager).
FROM_ELSEWHERE = {
    "up",
    "certmanager_certificate_expiration_timestamp_seconds",
    "kube_cronjob_created",
    "kube_cronjob_status_last_successful_time",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_condition",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_job_failed",
    "kube_pod_container_status_restarts_total",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
TRANSCRIPTS = ROOT / "tests/integration/tensorflow_serving/transcripts.json"
METRIC = re.compile(r"(?<![\w:])(:?[a-z]+(?:[:_][a-z0-9]+)+)(?=[{\[)\s]|$)")
WORDS = {"histogram_quantile", "group_left", "label_values", "max_over_time"}


def test_every_metric_of_the_dashboard_exists() -> None:
    known = of_the_gateway() | FROM_ELSEWHERE | RECORDED.keys()
    expressions = list(dashboard_expressions())
    assert len(expressions) > 20
    for expression in expressions:
        names = metrics(expression)
        assert names, f"no metric found in {expression}"
        assert {name for name in names if not name.startswith(":tensorflow")} <= known, expression


def test_what_is_asked_of_tensorflow_serving_was_seen_there() -> None:
    expressions = [*dashboard_expressions(), *(rule["expr"] for rule in ALERTS)]
    asked = {name for expression in expressions for name in metrics(expression)}
    of_the_server = {name for name in asked if name.startswith(":tensorflow")}
    assert of_the_server
    assert of_the_server <= of_tensorflow_serving()


def test_every_metric_of_the_alerts_exists() -> None:
    known = of_the_gateway() | FROM_ELSEWHERE | RECORDED.keys()
    rules = [(rule["alert"], rule["expr"]) for rule in ALERTS] + list(RECORDED.items())
    for name, expression in rules:
        names = metrics(expression)
        assert names, name
        assert {each for each in names if not each.startswith(":tensorflow")} <= known, name


def test_what_autoscalers_and_analyses_ask_for_exists() -> None:
    folder = ROOT / "k8s/components"
    analysis = read_yaml(folder / "model-analysis/analysis-template.yaml")["spec"]["metrics"]
    expressions = [metric["provider"]["prometheus"]["query"] for metric in analysis]
    triggers = read_yaml(folder / "autoscaler-keda/gateway.yaml")["spec"]["triggers"]
    expressions += [each["metadata"]["query"] for each in triggers if each["type"] == "prometheus"]
    assert len(expressions) == 4
    for expression in expressions:
        plain = re.sub(r"{{args\.\w+}}", "x", expression)
        assert metrics(plain), expression
        assert metrics(plain) <= of_the_gateway(), expression


def test_routes_in_queries_are_those_of_the_gateway() -> None:
    rules = {
        rule.endpoint.rpartition(".")[2]: str(rule) for rule in create_app(Settings()).url_map.iter_rules()
    }
    queries = [*dashboard_expressions(), *(rule["expr"] for rule in ALERTS), *RECORDED.values()]
    matchers = {found for query in queries for found in re.findall(r'route(=~|!~)"([^"]*)"', query)}
    assert {sign for sign, _ in matchers} == {"=~", "!~"}
    for sign, pattern in matchers:
        matched = {name for name in rules if re.fullmatch(pattern, name)}
        if sign == "=~":
            assert matched == {name for name, path in rules.items() if path.endswith("classify")}
        else:
            probes = {name for name, path in rules.items() if re.search(r"z$|metrics$|health|/ready$", path)}
            assert matched == probes


def test_every_alert_is_described_with_a_command() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL))
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        assert f"*{rule['labels']['severity']}.*" in sections[rule["alert"]], rule["alert"]
        assert re.search(r"^    \S", sections[rule["alert"]], re.MULTILINE), f"{rule['alert']}: no command"


def test_runbooks_have_one_full_address_that_can_be_replaced() -> None:
    addresses = {rule["annotations"]["runbook_url"].partition("#")[::2] for rule in ALERTS}
    assert len({base for base, _ in addresses}) == 1
    assert {part for _, part in addresses} == {rule["alert"].lower() for rule in ALERTS}
    elsewhere = alerts.with_runbooks_at(alerts.SOURCE.read_text(), "https://wiki.example.org/digits")
    rules = [rule for group in yaml.safe_load(elsewhere)["groups"] for rule in group["rules"]]
    found = {rule["annotations"]["runbook_url"] for rule in rules if "alert" in rule}
    assert found == {f"https://wiki.example.org/digits#{part}" for _, part in addresses}


def test_every_alert_is_tested_firing_and_silent() -> None:
    checks = [check for test in TESTS for check in test["alert_rule_test"]]
    names = {rule["alert"] for rule in ALERTS}
    assert {check["alertname"] for check in checks if check.get("exp_alerts")} == names
    (quiet,) = [test for test in TESTS if test["name"].startswith("a day like any other")]
    assert {check["alertname"] for check in quiet["alert_rule_test"] if not check.get("exp_alerts")} == names


def test_the_operators_rules_are_prometheus_own() -> None:
    written = alerts.prometheus_rule(alerts.SOURCE.read_text())
    assert alerts.TARGET.read_text() == written, "run: python -m tests.manifests.alerts"
    assert read_yaml(alerts.TARGET)["spec"] == read_yaml(alerts.SOURCE)


def test_an_operator_installed_by_its_chart_finds_what_it_should_look_at() -> None:
    manifests = with_components("base", ("monitoring",))
    watched = [m for m in manifests if m["apiVersion"].startswith("monitoring.coreos.com/")]
    assert len(watched) == 3
    command = re.search(
        r"helm install (\S+) .*kube-prometheus-stack", (ROOT / "docs/operations.md").read_text()
    )
    assert command is not None
    assert {m["metadata"]["labels"]["release"] for m in watched} == {command[1]}


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


def of_tensorflow_serving() -> set[str]:
    """Every name that a real TensorFlow Serving was seen to answer with."""
    recorded = json.loads(TRANSCRIPTS.read_text())
    pages = [exchange["response"].get("metrics", []) for exchange in recorded["exchanges"]]
    return {name for page in pages for metric in page for name in series(metric["name"], metric["type"])}


def series(name: str, kind: str) -> set[str]:
    """The names of one metric's series."""
    if kind == "histogram":
        return {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return {name, f"{name}_total"} if kind == "counter" else {name}
