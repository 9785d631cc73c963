"""What the routes work with, put together once for each app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from serving.contract import INPUT_IMAGES, SIGNATURE_PREDICT, normalise
from serving.gateway.inference.batching import Batcher, Pictures
from serving.gateway.inference.classification import Classifier
from serving.gateway.inference.forwarding import Forwarder
from serving.gateway.inference.readiness import Readiness
from serving.gateway.inference.servables import Servables
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply
from serving.gateway.names import ModelRef
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.metrics import Metrics
from serving.images import Limits

EXTENSION = "gateway"


@dataclass(frozen=True)
class Services:
    """One app's parts."""

    settings: Settings
    predictor: Predictor
    servables: Servables
    classifier: Classifier
    forwarder: Forwarder
    readiness: Readiness
    metrics: Metrics


def assemble(settings: Settings, predictor: Predictor) -> Services:
    """Put the parts together."""
    metrics = Metrics()
    servables = Servables(predictor, settings.models)

    def send(ref: ModelRef, pictures: Pictures, context: CallContext) -> Reply:
        metrics.batch_size.observe(len(pictures))
        return predictor.predict(ref, SIGNATURE_PREDICT, {INPUT_IMAGES: normalise(pictures)}, context)

    batcher = Batcher(
        send,
        max_batch=settings.max_batch,
        max_waiting=settings.max_waiting,
        calls=settings.batch_calls,
    )
    limits = Limits(settings.max_image_bytes, settings.max_image_pixels)
    return Services(
        settings=settings,
        predictor=predictor,
        servables=servables,
        classifier=Classifier(servables, batcher, limits),
        forwarder=Forwarder(servables, predictor, settings.max_calls),
        readiness=Readiness(predictor, settings),
        metrics=metrics,
    )


def services() -> Services:
    """The parts of the app that the request under way belongs to."""
    return cast(Services, current_app.extensions[EXTENSION])
