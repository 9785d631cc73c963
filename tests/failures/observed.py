"""What a gateway shows of itself: counted requests, logged requests, threads."""

from __future__ import annotations

from collections import Counter
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.gateway import held
from tests.hostile.gateway import Gateway


def metric(gateway: Gateway, name: str, *labels: str) -> Counter[tuple[str, ...]]:
    """The samples of a metric, summed over all labels but those named."""
    found: Counter[tuple[str, ...]] = Counter()
    text = gateway.ask("GET", b"/metrics").body.decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                found[tuple(sample.labels[label] for label in labels)] += sample.value  # type: ignore[assignment]
    return found


def counted(gateway: Gateway) -> dict[int, int]:
    """Answers by status, probes left out, as ``gateway_requests_total`` counts them."""
    by_route = metric(gateway, "gateway_requests_total", "route", "code")
    probes = ("ready", "metrics", "alive")
    by_code: Counter[int] = Counter()
    for (route, code), value in by_route.items():
        if route not in probes:
            by_code[int(code)] += int(value)
    return dict(by_code)


def logged(gateway: Gateway) -> dict[int, int]:
    """Answers by status as the access log has them, probes left out."""
    entries = [each for each in gateway.entries() if "status" in each]
    return dict(Counter(each["status"] for each in entries if each["route"] not in ("ready", "alive")))


def complaints(gateway: Gateway) -> list[dict[str, Any]]:
    """Lines of the log that tell of an error or carry a traceback."""
    return [each for each in gateway.entries() if each["level"] == "error" or "exception" in each]


def threads(gateway: Gateway) -> int:
    """Threads of all workers."""
    return sum(held(pid).threads for pid in gateway.workers())
