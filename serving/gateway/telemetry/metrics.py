"""What Prometheus reads: requests, stages, batches, answers, and the signals by which drift shows.

With ``PROMETHEUS_MULTIPROC_DIR`` set before this is imported the workers of one gateway count together.
Labels are bounded: routes by the code, models by what the model server has, never by what callers send.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Mapping, Sequence
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

from serving.errors import ServiceError
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import Classified
from serving.gateway.inference.readiness import ModelReadiness
from serving.gateway.inference.reading import Readings
from serving.gateway.inference.servables import ServedVersion
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.telemetry.histogram import Histogram, counted

VERSION = "0.2.0"
CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
_INK = (0.01, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_MARKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """The metrics of one app."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._children: dict[tuple[Any, ...], Any] = {}
        self._described: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        labels = ("model", "version")
        self.requests = Counter(
            "gateway_requests", "Requests answered.", ("route", "model", "code"), registry=registry
        )
        self.duration = Histogram(
            "gateway_request_duration_seconds",
            "Time from a complete request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.stages = Histogram(
            "gateway_stage_duration_seconds",
            "Time of one stage of a request, summed over its pictures.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.inflight = Gauge(
            "gateway_inflight", "Requests under way.", registry=registry, multiprocess_mode="livesum"
        )
        self.batch_size = Histogram(
            "gateway_batch_size", "Pictures in one call to a model.", buckets=_BATCH, registry=registry
        )
        self.predictions = Counter(
            "gateway_predictions",
            "Pictures classified.",
            (*labels, "label", "status"),
            registry=registry,
        )
        self.marks = Histogram(
            "gateway_marks", "Marks read on one picture.", labels, buckets=_MARKS, registry=registry
        )
        self.confidence = Histogram(
            "gateway_confidence",
            "Probability of the first label.",
            labels,
            buckets=_SHARES,
            registry=registry,
        )
        self.ink = Histogram(
            "gateway_ink", "Mean of what the model saw, 0 to 1.", labels, buckets=_INK, registry=registry
        )
        self.inverted = Counter(
            "gateway_inverted", "Pictures whose dark and light were exchanged.", labels, registry=registry
        )
        self.image_errors = Counter(
            "gateway_image_errors", "Pictures that could not be classified.", ("code",), registry=registry
        )
        self.reference = Gauge(
            "gateway_reference",
            "What the card says of held-out data: compare the drift signals with it.",
            (*labels, "signal", "label"),
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self.ready = Gauge(
            "gateway_ready",
            "Whether a model can answer: 1 or 0.",
            ("model",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        build = Gauge(
            "gateway_build_info",
            "The gateway's version.",
            ("version", "python"),
            registry=registry,
            multiprocess_mode="max",
        )
        build.labels(VERSION, platform.python_version()).set(1)

    def child(self, metric: Any, *labels: str) -> Any:  # noqa: ANN401 - the library's metrics share no type
        """A metric with its labels, looked up once."""
        key = (metric, labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return found

    def count_request(self, route: str, status: int, state: RequestState) -> None:
        """Count a request that has been answered."""
        self.child(self.requests, route, state.model, str(status)).inc()
        self.child(self.duration, route).observe(state.seconds())
        for stage, seconds in state.stages.items():
            if seconds:
                self.child(self.stages, stage).observe(seconds)

    def note_readiness(self, models: Sequence[ModelReadiness]) -> None:
        """Show which models can answer."""
        for model in models:
            self.child(self.ready, model.name).set(model.ready)

    def count_refusal(self, route: str, status: int) -> None:
        """Count a request that the server refused before the application saw it."""
        self.child(self.requests, route, "", str(status)).inc()

    def count_answer(self, answer: Classification) -> None:
        """Count what pictures were taken for, and how they looked."""
        self._describe(answer.servable)
        for result in answer.results:
            if isinstance(result, ServiceError):
                self.child(self.image_errors, result.code).inc()
        self._count_classified(
            answer.servable, [each for each in answer.results if isinstance(each, Classified)]
        )

    def count_readings(self, answer: Readings) -> None:
        """Count the marks on pictures, and for each what ``count_answer`` counts for a picture."""
        servable = answer.servable
        self._describe(servable)
        for result in answer.results:
            if isinstance(result, ServiceError):
                self.child(self.image_errors, result.code).inc()
                continue
            marks = [mark.classified for line in result.lines for mark in line]
            self.child(self.marks, servable.name, str(servable.version)).observe(len(marks))
            self._count_classified(servable, marks)

    def _count_classified(self, servable: ServedVersion, results: Sequence[Classified]) -> None:
        model = (servable.name, str(servable.version))
        answers = counted((servable.card.labels[each.order[0]], each.status) for each in results)
        for (label, status), count in answers.items():
            self.child(self.predictions, *model, label, status).inc(count)
        best = [float(each.probabilities[each.order[0]]) for each in results]
        self.child(self.confidence, *model).observe_all(best)
        self.child(self.ink, *model).observe_all([each.prepared.ink for each in results])
        inverted = sum(each.prepared.inverted for each in results)
        if inverted:
            self.child(self.inverted, *model).inc(inverted)

    def _describe(self, servable: ServedVersion) -> None:
        """Show a version's reference beside its signals, once."""
        key = (servable.name, servable.version)
        if key in self._described:
            return
        with self._lock:
            self._described.add(key)
            for signal, label, value in flatten(servable.card.reference):
                self.reference.labels(servable.name, str(servable.version), signal, label).set(value)

    def render(self) -> bytes:
        """All metrics, of all workers where they count together, as Prometheus reads them."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def flatten(reference: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """The numbers of a card's reference: (signal, label, value); a signal is a number or numbers by label."""
    found = []
    for signal, value in reference.items():
        for label, number in value.items() if isinstance(value, Mapping) else (("", value),):
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                found.append((str(signal), str(label), float(number)))
    return found
