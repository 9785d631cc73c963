"""What both protocols call: the models, the inferences on them, and the metrics."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from serving.model_server.catalog import Catalog
from serving.model_server.examples import Inference
from serving.model_server.monitoring import ServerMetrics


@dataclass(frozen=True)
class Backend:
    """The parts of a running server that answer requests.

    Attributes:
        catalog: the models.
        inference: Classify, Regress and MultiInference.
        metrics: the server's counters.
        as_content: whether Predict over gRPC packs its outputs into ``tensor_content``.
    """

    catalog: Catalog
    inference: Inference
    metrics: ServerMetrics
    as_content: bool = False

    def counted(self, model: str, api: str, entrypoint: str) -> AbstractContextManager[None]:
        """Count a request, as ``ServerMetrics.request``.

        Names that callers made up share an empty one, or every new name would take memory for ever.
        """
        return self.metrics.request(model if self.catalog.model(model) else "", api, entrypoint)
