"""The alert rules as the Prometheus Operator takes them: ``python -m tests.manifests.alerts`` writes them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from tests.manifests.render import ROOT

SOURCE = ROOT / "monitoring/alerts.yaml"
TARGET = ROOT / "k8s/components/monitoring/alerts.yaml"
HEAD = """\
# Made from monitoring/alerts.yaml by `python -m tests.manifests.alerts`; change that one.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mnist
  labels:
    app.kubernetes.io/name: alerts
    app.kubernetes.io/component: monitoring
spec:
"""
RUNBOOK = re.compile(r"(runbook_url: )\S+(#\w+)")


def prometheus_rule(source: str) -> str:
    """The PrometheusRule with the groups of a file of rules."""
    lines = source.splitlines()
    body = lines[next(n for n, line in enumerate(lines) if line == "groups:") :]
    return HEAD + "".join(f"  {line}\n" if line else "\n" for line in body)


def with_runbooks_at(source: str, address: str) -> str:
    """The rules with the runbooks at another address; the part after ``#`` stays."""
    return RUNBOOK.sub(rf"\g<1>{address}\g<2>", source)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.manifests.alerts", description=__doc__)
    parser.add_argument("--runbooks", metavar="URL", help="where docs/operations.md can be read")
    address = parser.parse_args(argv).runbooks
    rules = SOURCE.read_text()
    if address:
        rules = with_runbooks_at(rules, address)
        SOURCE.write_text(rules)
    TARGET.write_text(prometheus_rule(rules))
    return 0


if __name__ == "__main__":
    sys.exit(main())
