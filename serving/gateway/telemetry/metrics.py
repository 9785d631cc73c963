"""What the gateway counts: requests, stages, batches, answers, and signals of drift.

The number of label values is bounded by the code and the model server, never by what callers send. With
``PROMETHEUS_MULTIPROC_DIR`` set before this is imported, the workers of one gateway count together.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from serving.errors import ServiceError
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import Classified
from serving.gateway.inference.readiness import ModelReadiness
from serving.gateway.inference.reading import Readings
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.telemetry.instruments import INSTRUMENTS, counted

VERSION = "0.2.0"

T = TypeVar("T")


class Metrics:
    """The metrics of one app: ``inflight`` and ``batch_size`` themselves, the others through methods."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._metrics = {
            name: make(name, text, labels.split(), registry=self._registry)
            for name, (make, labels, text) in INSTRUMENTS.items()
        }
        self._children: dict[tuple[str, ...], Any] = {}
        self.inflight, self.batch_size = self._of("gateway_inflight"), self._of("gateway_batch_size")
        self._described: set[tuple[str, int]] = set()
        self._of("gateway_build_info", VERSION, platform.python_version()).set(1)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format, summed over the workers if they count together."""
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def count_request(self, route: str, status: int, state: RequestState) -> None:
        """Count a request that has been answered."""
        self._of("gateway_requests", route, state.model, str(status)).inc()
        self._of("gateway_request_duration_seconds", route).observe(state.seconds())
        for stage, seconds in state.stages.items():
            if seconds:
                self._of("gateway_stage_duration_seconds", stage).observe(seconds)

    def note_readiness(self, models: Sequence[ModelReadiness]) -> None:
        """Show which models can answer."""
        for model in models:
            self._of("gateway_ready", model.name).set(model.ready)

    def count_refusal(self, route: str, status: int) -> None:
        """Count a request that the server refused before the application saw it."""
        self._of("gateway_requests", route, "", str(status)).inc()

    def count_answer(self, answer: Classification) -> None:
        """Count the labels that pictures got, and how the pictures looked."""
        self._count_classified(answer.servable, self._without_errors(answer.servable, answer.results))

    def count_readings(self, answer: Readings) -> None:
        """Count the marks on pictures, and for each mark what ``count_answer`` counts for a picture."""
        servable = answer.servable
        for reading in self._without_errors(servable, answer.results):
            marks = [mark.classified for line in reading.lines for mark in line]
            self._of("gateway_marks", servable.name, str(servable.version)).observe(len(marks))
            self._count_classified(servable, marks)

    def _of(self, name: str, *labels: str) -> Any:  # noqa: ANN401 - the library's metrics share no type
        """The metric with a name and label values; the library's lookup happens only once."""
        key = (name, *labels)
        found = self._children.get(key)
        if found is None:
            metric = self._metrics[name]
            found = self._children[key] = metric.labels(*labels) if labels else metric
        return found

    def _without_errors(self, servable: ServedVersion, results: Sequence[T | ServiceError]) -> list[T]:
        """Count the errors among a version's results, and return the others."""
        self._describe(servable)
        for result in results:
            if isinstance(result, ServiceError):
                self._of("gateway_image_errors", result.code).inc()
        return [result for result in results if not isinstance(result, ServiceError)]

    def _count_classified(self, servable: ServedVersion, results: Sequence[Classified]) -> None:
        model = (servable.name, str(servable.version))
        answers = counted((servable.card.labels[each.order[0]], each.status) for each in results)
        for (label, status), count in answers.items():
            self._of("gateway_predictions", *model, label, status).inc(count)
        best = [float(each.probabilities[each.order[0]]) for each in results]
        self._of("gateway_confidence", *model).observe_all(best)
        self._of("gateway_ink", *model).observe_all([each.prepared.ink for each in results])
        inverted = sum(each.prepared.inverted for each in results)
        if inverted:
            self._of("gateway_inverted", *model).inc(inverted)

    def _describe(self, servable: ServedVersion) -> None:
        """Export a version's reference values once, for comparison with its signals."""
        key = (servable.name, servable.version)
        if key not in self._described:
            self._described.add(key)
            for signal, label, value in flatten(servable.card.reference):
                self._of("gateway_reference", servable.name, str(servable.version), signal, label).set(value)


def flatten(reference: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """The numbers of a card's reference: (signal, label, value). A signal is a number or numbers by label."""
    found = []
    for signal, value in reference.items():
        for label, number in value.items() if isinstance(value, Mapping) else (("", value),):
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                found.append((str(signal), str(label), float(number)))
    return found
