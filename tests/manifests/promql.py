"""The queries of alerts and dashboard are PromQL, and every alert fires and is silent when it should."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import promql_parser  # type: ignore[import-not-found]

from tests.manifests.render import ROOT, Manifest, read_yaml

MONITORING = ROOT / "monitoring"
COMPONENTS = ROOT / "k8s/components"


def problems(_rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """One sentence for every query that is none, and what promtool says."""
    return [f"{place}: {problem}" for place, query in queries() if (problem := judge(query))] + promtool()


def queries() -> Iterator[tuple[str, str]]:
    """Where each query stands, and the query."""
    for group in read_yaml(MONITORING / "alerts.yaml")["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in json.loads((MONITORING / "dashboards/mnist.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            # Grafana puts values in place of these two before it asks.
            query = target["expr"].replace("$__rate_interval", "1m").replace("$model", "mnist")
            yield f"panel {panel['title']}", query
    for metric in read_yaml(COMPONENTS / "model-analysis/analysis-template.yaml")["spec"]["metrics"]:
        query = metric["provider"]["prometheus"]["query"]
        yield (
            f"analysis {metric['name']}",
            query.replace("{{args.model}}", "mnist").replace("{{args.version}}", "4"),
        )
    for trigger in read_yaml(COMPONENTS / "autoscaler-keda/gateway.yaml")["spec"]["triggers"]:
        if trigger["type"] == "prometheus":
            yield "autoscaler-keda", trigger["metadata"]["query"]


def judge(query: str) -> str | None:
    """What is wrong with a query, or None."""
    try:
        promql_parser.parse(query)
    except ValueError as error:
        return str(error)
    return None


def promtool() -> list[str]:
    """What Prometheus' own tool says of the configuration and of the tests of the alerts."""
    tests = sorted(path.name for path in MONITORING.glob("*.test.yaml"))
    commands = [["check", "config", "prometheus.yaml"], *(["test", "rules", name] for name in tests)]
    with ThreadPoolExecutor() as pool:
        return [line for said in pool.map(_say, commands) for line in said]


def _say(command: list[str]) -> list[str]:
    """Promtool's words, if it complains. `make tools` brings it; without it this fails."""
    done = subprocess.run(
        ["promtool", *command], cwd=MONITORING, capture_output=True, text=True, check=False, timeout=120
    )
    return (done.stdout + done.stderr).splitlines() if done.returncode else []
