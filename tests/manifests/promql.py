"""The queries of alerts and dashboard are PromQL; where promtool is, the alerts' own tests run too."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import promql_parser  # type: ignore[import-not-found]

from tests.manifests.render import ROOT, Manifest, read_yaml

MONITORING = ROOT / "monitoring"


def problems(_rendered: dict[str, tuple[Manifest, ...]], _folder: Path) -> list[str]:
    """One sentence for every query that is none, and what promtool says."""
    return [f"{place}: {problem}" for place, query in queries() if (problem := judge(query))] + promtool()


def queries() -> Iterator[tuple[str, str]]:
    """Where each query stands, and the query."""
    for group in read_yaml(MONITORING / "alerts.yaml")["groups"]:
        yield from ((f"alert {rule['alert']}", rule["expr"]) for rule in group["rules"])
    for panel in json.loads((MONITORING / "dashboards/mnist.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            # Grafana puts values in place of these two before it asks.
            query = target["expr"].replace("$__rate_interval", "1m").replace("$model", "mnist")
            yield f"panel {panel['title']}", query


def judge(query: str) -> str | None:
    """What is wrong with a query, or None."""
    try:
        promql_parser.parse(query)
    except ValueError as error:
        return str(error)
    return None


def promtool() -> list[str]:
    """What Prometheus' own tool says of the rules and their tests, where it is installed."""
    tool = shutil.which("promtool")
    if tool is None:
        print("promtool is not on PATH: queries are parsed, the tests in monitoring/alerts.test.yaml not run")
        return []
    commands = (["check", "config", "prometheus.yaml"], ["test", "rules", "alerts.test.yaml"])
    results = [
        subprocess.run(
            [tool, *command], cwd=MONITORING, capture_output=True, text=True, check=False, timeout=60
        )
        for command in commands
    ]
    return [line for done in results if done.returncode for line in (done.stdout + done.stderr).splitlines()]
