"""How versions behave, according to the gateways' metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from serving.direct import opened
from serving.store.errors import StoreError

_PREDICTIONS, _REQUESTS, _CONFIDENCE = (
    "gateway_predictions_total",
    "gateway_requests_total",
    "gateway_confidence",
)
_PLAIN = "ok"
_SECONDS = 10.0

Key = tuple[str, frozenset[tuple[str, str]]]
Samples = Mapping[Key, float]


@dataclass
class Behaviour:
    """How a version behaved over a period.

    Attributes:
        answers: number of pictures that it answered.
        doubtful: number of those that it was in doubt about.
        confidence: sum of the probabilities of its first labels.
        labels: how often it gave each label.
    """

    answers: float = 0.0
    doubtful: float = 0.0
    confidence: float = 0.0
    labels: dict[str, float] = field(default_factory=dict)

    @property
    def doubt(self) -> float:
        """The fraction of its pictures that it was in doubt about."""
        return self.doubtful / self.answers

    @property
    def mean_confidence(self) -> float:
        """The mean probability of its first labels."""
        return self.confidence / self.answers


def scrape(gateways: Sequence[str]) -> dict[Key, float]:
    """The metrics of all gateways, added up.

    Raises:
        StoreError: a gateway does not answer with metrics; it is named.
    """
    total: dict[Key, float] = {}
    for url in gateways:
        address = f"{url.rstrip('/')}/metrics"
        try:
            with opened(address, timeout=_SECONDS) as reply:
                text = reply.read().decode()
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    key = (sample.name, frozenset(sample.labels.items()))
                    total[key] = total.get(key, 0.0) + sample.value
        except (OSError, ValueError) as error:
            raise StoreError(f"{address} has no usable metrics: {error}") from error
    return total


def since(before: Samples, now: Samples) -> dict[Key, float]:
    """How much each counter rose. A counter that fell was reset to zero in between."""
    return {
        key: value - (before.get(key, 0.0) if value >= before.get(key, 0.0) else 0.0)
        for key, value in now.items()
    }


def behaviour(rises: Samples, model: str, version: int) -> Behaviour:
    """How one version behaved."""
    found = Behaviour()
    for (name, labels), value in rises.items():
        of = dict(labels)
        if (of.get("model"), of.get("version")) != (model, str(version)):
            continue
        if name == _PREDICTIONS:
            found.answers += value
            found.doubtful += value if of["status"] != _PLAIN else 0.0
            found.labels[of["label"]] = found.labels.get(of["label"], 0.0) + value
        elif name == f"{_CONFIDENCE}_sum":
            found.confidence += value
    return found


def failed(rises: Samples, model: str) -> tuple[float, float]:
    """The number of requests for a model that ended with 5xx, and the number of all requests for it."""
    wrong = total = 0.0
    for (name, labels), value in rises.items():
        of = dict(labels)
        if name == _REQUESTS and of.get("model") == model:
            total += value
            wrong += value if of["code"].startswith("5") else 0.0
    return wrong, total
