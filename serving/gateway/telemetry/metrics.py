"""What the gateway counts: requests, stages, batches, answers, and signals of drift.

The number of label values is bounded by the code and the model server, never by what callers send.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from serving.errors import ServiceError
from serving.gateway.inference.cards import ServedVersion
from serving.gateway.inference.classification import Classification
from serving.gateway.inference.judgement import Classified
from serving.gateway.inference.readiness import ModelReadiness
from serving.gateway.inference.reading import Readings
from serving.gateway.middleware.request_state import RequestState
from serving.gateway.telemetry.histogram import counted
from serving.gateway.telemetry.instruments import Instruments

VERSION = "0.2.0"


class Metrics:
    """The metrics of one app.

    Attributes:
        inflight: the gauge of requests under way.
        batch_size: the histogram of pictures in one call to a model.
    """

    def __init__(self) -> None:
        instruments = Instruments()
        self._of, self.render = instruments.of, instruments.render
        self.inflight, self.batch_size = self._of("gateway_inflight"), self._of("gateway_batch_size")
        self._described: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._of("gateway_build_info", VERSION, platform.python_version()).set(1)

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
        self._describe(answer.servable)
        for result in answer.results:
            if isinstance(result, ServiceError):
                self._of("gateway_image_errors", result.code).inc()
        self._count_classified(
            answer.servable, [each for each in answer.results if isinstance(each, Classified)]
        )

    def count_readings(self, answer: Readings) -> None:
        """Count the marks on pictures, and for each mark what ``count_answer`` counts for a picture."""
        servable = answer.servable
        self._describe(servable)
        for result in answer.results:
            if isinstance(result, ServiceError):
                self._of("gateway_image_errors", result.code).inc()
                continue
            marks = [mark.classified for line in result.lines for mark in line]
            self._of("gateway_marks", servable.name, str(servable.version)).observe(len(marks))
            self._count_classified(servable, marks)

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
        if key in self._described:
            return
        with self._lock:
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
