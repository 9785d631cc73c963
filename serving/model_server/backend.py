"""What both protocols call: the models, the inferences on them, and the metrics."""

from __future__ import annotations

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
