"""The counters, gauges and histograms that Prometheus reads.

With ``PROMETHEUS_MULTIPROC_DIR`` set before this is imported, the workers of one gateway count together.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from serving.gateway.telemetry.histogram import Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
_INK = (0.01, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_MARKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_SERVED = ("model", "version")

INSTRUMENTS: tuple[partial[Any], ...] = (
    partial(Counter, "gateway_requests", "Requests answered.", ("route", "model", "code")),
    partial(
        Histogram,
        "gateway_request_duration_seconds",
        "Time from a complete request to its answer.",
        ("route",),
        buckets=_SECONDS,
    ),
    partial(
        Histogram,
        "gateway_stage_duration_seconds",
        "Time of one stage of a request, summed over its pictures.",
        ("stage",),
        buckets=_SECONDS,
    ),
    partial(Gauge, "gateway_inflight", "Requests under way.", multiprocess_mode="livesum"),
    partial(Histogram, "gateway_batch_size", "Pictures in one call to a model.", buckets=_BATCH),
    partial(Counter, "gateway_predictions", "Pictures classified.", (*_SERVED, "label", "status")),
    partial(Histogram, "gateway_marks", "Marks read on one picture.", _SERVED, buckets=_MARKS),
    partial(Histogram, "gateway_confidence", "Probability of the first label.", _SERVED, buckets=_SHARES),
    partial(Histogram, "gateway_ink", "Mean pixel of what the model saw, 0 to 1.", _SERVED, buckets=_INK),
    partial(Counter, "gateway_inverted", "Pictures that were inverted.", _SERVED),
    partial(Counter, "gateway_image_errors", "Pictures that could not be classified.", ("code",)),
    partial(
        Gauge,
        "gateway_reference",
        "The card's values for held-out data, to compare the drift signals with.",
        (*_SERVED, "signal", "label"),
        multiprocess_mode="mostrecent",
    ),
    partial(
        Gauge,
        "gateway_ready",
        "Whether a model can answer: 1 or 0.",
        ("model",),
        multiprocess_mode="livemostrecent",
    ),
    partial(
        Gauge, "gateway_build_info", "The gateway's version.", ("version", "python"), multiprocess_mode="max"
    ),
)


class Instruments:
    """The instruments of one app, in their own registry."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._metrics = {make.args[0]: make(registry=self._registry) for make in INSTRUMENTS}
        self._children: dict[tuple[str, ...], Any] = {}

    def of(self, name: str, *labels: str) -> Any:  # noqa: ANN401 - the library's metrics share no type
        """The metric with a name and label values; the library's lookup happens only once."""
        key = (name, *labels)
        found = self._children.get(key)
        if found is None:
            metric = self._metrics[name]
            found = self._children[key] = metric.labels(*labels) if labels else metric
        return found

    def render(self) -> bytes:
        """All metrics in Prometheus' text format, summed over the workers if they count together."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
