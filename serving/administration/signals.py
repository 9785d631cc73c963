"""What versions did, as the gateways' metrics tell it, and whether a canary did as well as the stable one."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from serving.store.errors import StoreError

MAX_FAILED = 0.01
MAX_MORE_DOUBT = 0.05
MAX_LESS_CONFIDENCE = 0.05
MAX_OTHER_LABELS = 0.25
# As the alerts MuchDoubt and ConfidenceFell have it.
MAX_DOUBT = 0.25
LEAST_OF_EXPECTED = 0.9

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
    """What a version did in a time.

    Attributes:
        answers: pictures it answered.
        doubtful: of those, how many it was in doubt about.
        confidence: sum of the probabilities of its first labels.
        labels: how often it gave each label.
    """

    answers: float = 0.0
    doubtful: float = 0.0
    confidence: float = 0.0
    labels: dict[str, float] = field(default_factory=dict)

    @property
    def doubt(self) -> float:
        """The part of its pictures that it was in doubt about."""
        return self.doubtful / self.answers

    @property
    def mean_confidence(self) -> float:
        """The mean probability of its first labels."""
        return self.confidence / self.answers


@dataclass(frozen=True)
class StableVersion:
    """What a canary is compared with.

    Attributes:
        version: the stable version.
        expected_confidence: the canary's own mean probability on held-out data, or None.
    """

    version: int
    expected_confidence: float | None = None


def scrape(gateways: Sequence[str]) -> dict[Key, float]:
    """The metrics of all gateways, added up.

    Raises:
        StoreError: naming a gateway that gives none.
    """
    total: dict[Key, float] = {}
    for url in gateways:
        address = f"{url.rstrip('/')}/metrics"
        try:
            with urllib.request.urlopen(address, timeout=_SECONDS) as reply:
                text = reply.read().decode()
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    key = (sample.name, frozenset(sample.labels.items()))
                    total[key] = total.get(key, 0.0) + sample.value
        except (OSError, ValueError) as error:
            raise StoreError(f"{address} gives no metrics to go by: {error}") from error
    return total


def since(before: Samples, now: Samples) -> dict[Key, float]:
    """How much each counter rose; one that fell began again from nothing."""
    return {
        key: value - (before.get(key, 0.0) if value >= before.get(key, 0.0) else 0.0)
        for key, value in now.items()
    }


def behaviour(rises: Samples, model: str, version: int) -> Behaviour:
    """What one version did."""
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
    """The requests for a model that ended with 5xx, and all of them."""
    wrong = total = 0.0
    for (name, labels), value in rises.items():
        of = dict(labels)
        if name == _REQUESTS and of.get("model") == model:
            total += value
            wrong += value if of["code"].startswith("5") else 0.0
    return wrong, total


def complaints(rises: Samples, model: str, canary: int, stable: StableVersion, least: int) -> list[str]:
    """What speaks against a canary; only what enough pictures say.

    Args:
        rises: of the counters since the canary began.
        model: its model.
        canary: the version on trial.
        stable: the version it is compared with.
        least: pictures of a version below which nothing is concluded.
    """
    found = []
    wrong, requests = failed(rises, model)
    if requests >= least and wrong / requests > MAX_FAILED:
        found.append(f"{wrong:.0f} of {requests:.0f} requests failed")
    new, old = behaviour(rises, model, canary), behaviour(rises, model, stable.version)
    if new.answers < least:
        return found
    if old.answers < least:
        return found + _by_itself(new, stable.expected_confidence)
    return found + _beside(new, old, stable.version)


def _by_itself(new: Behaviour, expected: float | None) -> list[str]:
    """Nobody asked the stable version: the bounds are those of the alerts."""
    found = []
    if new.doubt > MAX_DOUBT:
        found.append(f"it is in doubt about {new.doubt:.1%} of the pictures")
    if expected is not None and new.mean_confidence < LEAST_OF_EXPECTED * expected:
        found.append(f"its mean probability is {new.mean_confidence:.3f}, on held-out data {expected:.3f}")
    return found


def _beside(new: Behaviour, old: Behaviour, version: int) -> list[str]:
    found = []
    if new.doubt - old.doubt > MAX_MORE_DOUBT:
        found.append(
            f"it is in doubt about {new.doubt:.1%} of the pictures, version {version} about {old.doubt:.1%}"
        )
    if old.mean_confidence - new.mean_confidence > MAX_LESS_CONFIDENCE:
        found.append(
            f"its mean probability is {new.mean_confidence:.3f}, "
            f"that of version {version} {old.mean_confidence:.3f}"
        )
    if (distance := _distance(new, old)) > MAX_OTHER_LABELS:
        found.append(f"its labels are spread otherwise than version {version}'s, by {distance:.0%}")
    return found


def _distance(new: Behaviour, old: Behaviour) -> float:
    """The total variation distance of the labels of two versions."""
    shares = [{label: n / each.answers for label, n in each.labels.items()} for each in (new, old)]
    every = shares[0].keys() | shares[1].keys()
    return 0.5 * sum(abs(shares[0].get(x, 0.0) - shares[1].get(x, 0.0)) for x in every)
