"""The alert rules as the Prometheus Operator takes them: ``python -m tests.manifests.alerts`` writes them."""

from __future__ import annotations

import sys

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


def prometheus_rule() -> str:
    """The PrometheusRule with the groups of monitoring/alerts.yaml."""
    lines = SOURCE.read_text().splitlines()
    body = lines[next(n for n, line in enumerate(lines) if line == "groups:") :]
    return HEAD + "".join(f"  {line}\n" if line else "\n" for line in body)


def main() -> int:
    """Write the file; returns the exit status."""
    TARGET.write_text(prometheus_rule())
    return 0


if __name__ == "__main__":
    sys.exit(main())
