"""Whether a canary does as well as the stable version."""

from __future__ import annotations

from dataclasses import dataclass

from serving.administration.signals import Behaviour, Samples, behaviour, failed

MAX_FAILED = 0.01
MAX_MORE_DOUBT = 0.05
MAX_LESS_CONFIDENCE = 0.05
MAX_OTHER_LABELS = 0.25
# The bounds of the alerts MuchDoubt and ConfidenceFell.
MAX_DOUBT = 0.25
LEAST_OF_EXPECTED = 0.9


@dataclass(frozen=True)
class StableVersion:
    """The version that a canary is compared with.

    Attributes:
        version: the stable version.
        expected_confidence: the canary's own mean probability on held-out data, or None.
    """

    version: int
    expected_confidence: float | None = None


def complaints(rises: Samples, model: str, canary: int, stable: StableVersion, least: int) -> list[str]:
    """The reasons against a canary, if there are enough pictures to judge it.

    Args:
        rises: how much the counters rose since the canary began.
        model: the model's name.
        canary: the version on trial.
        stable: the version that it is compared with.
        least: number of a version's pictures below which nothing is concluded.
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
    """Judge a canary without a stable version to compare it with, by the bounds of the alerts."""
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
        found.append(f"its labels are distributed differently from version {version}'s, by {distance:.0%}")
    return found


def _distance(new: Behaviour, old: Behaviour) -> float:
    """The total variation distance of the labels of two versions."""
    shares = [{label: n / each.answers for label, n in each.labels.items()} for each in (new, old)]
    every = shares[0].keys() | shares[1].keys()
    return 0.5 * sum(abs(shares[0].get(x, 0.0) - shares[1].get(x, 0.0)) for x in every)
