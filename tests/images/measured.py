"""The metrics that a running gateway has, beside those that alerts and dashboard ask for."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import defaultdict
from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from tests.manifests.render import ROOT, read_yaml

# What Prometheus adds to every series.
ADDED = {"instance", "job"}
SELECTOR = re.compile(r"\b(gateway_[a-z_]+)\s*(?:\{([^}]*)\})?")
# These count what the requests before did not do; no series is there to read their labels from.
UNSEEN = {"gateway_image_errors_total", "gateway_inverted_total"}


def compare(port: int) -> None:
    """Check that every metric and every label that is asked for is there.

    Raises:
        AssertionError: naming what is missing.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        families = list(text_string_to_metric_families(reply.read().decode()))
    labels: dict[str, set[str]] = defaultdict(set)
    for family in families:
        for sample in family.samples:
            labels[sample.name].update(sample.labels)
    for query in _queries():
        for name, selectors in SELECTOR.findall(query):
            assert name in labels or name in UNSEEN, f"no {name} in /metrics, asked for by {query}"
            missing = set(re.findall(r"(\w+)\s*(?:=|!)", selectors)) - labels[name] - ADDED
            assert name in UNSEEN or not missing, f"{name} has no label {missing}, asked for by {query}"


def _queries() -> Iterator[str]:
    for group in read_yaml(ROOT / "monitoring/alerts.yaml")["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in json.loads((ROOT / "monitoring/dashboards/mnist.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
