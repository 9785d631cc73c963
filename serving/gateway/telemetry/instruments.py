"""The counters, gauges and histograms that Prometheus reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import prometheus_client
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import Counter, Gauge

__all__ = ["CONTENT_TYPE", "INSTRUMENTS", "Histogram", "counted"]

T = TypeVar("T", bound=Hashable)


class Histogram(prometheus_client.Histogram):
    """The library's histogram, and a faster way than its ``observe``, which writes twice per value."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        """Observe several values, none of them NaN, with one write per bucket and one for the sum."""
        if len(amounts) < 2:
            for each in amounts:
                self.observe(each)
            return
        self._raise_if_not_observable()  # type: ignore[no-untyped-call]
        self._sum.inc(sum(amounts))
        for bucket, count in counted(bisect_left(self._upper_bounds, each) for each in amounts).items():
            self._buckets[bucket].inc(count)


def counted(things: Iterable[T]) -> dict[T, int]:
    """How often each thing occurs; much faster than ``collections.Counter`` for few things."""
    counts: dict[T, int] = {}
    for each in things:
        counts[each] = counts.get(each, 0) + 1
    return counts


def _histogram(*buckets: float) -> partial[Histogram]:
    return partial(Histogram, buckets=buckets)


_seconds = _histogram(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_confidence = _histogram(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
_ink = _histogram(0.01, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)
_batch = _histogram(1, 2, 4, 8, 16, 32, 64, 128, 256)
_marks = _histogram(1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_sum = partial(Gauge, multiprocess_mode="livesum")
_most = partial(Gauge, multiprocess_mode="max")
_latest = partial(Gauge, multiprocess_mode="mostrecent")
_latest_living = partial(Gauge, multiprocess_mode="livemostrecent")

INSTRUMENTS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "gateway_requests": (Counter, "route model code", "Requests answered."),
    "gateway_request_duration_seconds": (_seconds, "route", "Time from a complete request to its answer."),
    "gateway_stage_duration_seconds": (
        _seconds,
        "stage",
        "Time of one stage of a request, summed over its pictures.",
    ),
    "gateway_inflight": (_sum, "", "Requests under way."),
    "gateway_batch_size": (_batch, "", "Pictures in one call to a model."),
    "gateway_predictions": (Counter, "model version label status", "Pictures classified."),
    "gateway_marks": (_marks, "model version", "Marks read on one picture."),
    "gateway_confidence": (_confidence, "model version", "Probability of the first label."),
    "gateway_ink": (_ink, "model version", "Mean pixel of what the model saw, 0 to 1."),
    "gateway_inverted": (Counter, "model version", "Pictures that were inverted."),
    "gateway_image_errors": (Counter, "code", "Pictures that could not be classified."),
    "gateway_reference": (
        _latest,
        "model version signal label",
        "The card's values for held-out data, to compare the drift signals with.",
    ),
    "gateway_ready": (_latest_living, "model", "Whether a model can answer: 1 or 0."),
    "gateway_build_info": (_most, "version python", "The gateway's version."),
}
"""By name: how it is made, its labels, and what it shows."""
