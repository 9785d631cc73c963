"""The parts that the routes work with, created once per app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from flask import Flask, current_app

from serving.contract import INPUT_IMAGES, SIGNATURE_PREDICT, normalise
from serving.gateway.corrections import CorrectionStore
from serving.gateway.deadline import Deadline
from serving.gateway.inference.batches import Pictures
from serving.gateway.inference.batching import Batcher
from serving.gateway.inference.classification import Classifier, ConsistentPredictor
from serving.gateway.inference.forwarding import Forwarder
from serving.gateway.inference.preparation import Preparation
from serving.gateway.inference.readiness import Readiness
from serving.gateway.inference.reading import Reader
from serving.gateway.inference.servables import VersionRegistry
from serving.gateway.model_client.predictor import CallContext, Predictor, Reply
from serving.gateway.names import ModelNames, ModelRef
from serving.gateway.server import bridge
from serving.gateway.settings.settings import Settings
from serving.gateway.telemetry.metrics import Metrics
from serving.gateway.threads import QUICK_BYTES, Threads
from serving.images import Limits

EXTENSION = "gateway"

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """The parts of one app."""

    settings: Settings
    names: ModelNames
    servables: VersionRegistry
    classifier: Classifier
    reader: Reader
    forwarder: Forwarder
    readiness: Readiness
    metrics: Metrics
    threads: Threads
    preparation: Preparation
    corrections: CorrectionStore | None
    """None if the settings name no folder."""
    draining: threading.Event = field(default_factory=threading.Event)
    """Set when the process begins to stop."""

    def compute(self, deadline: Deadline, work: Callable[[], T], size: int) -> T:
        """Do work whose time grows with ``size``, in bytes: in a thread if there are many.

        Raises:
            ModelTimeout: the deadline passed first.
        """
        return work() if size <= QUICK_BYTES else bridge.wait_for(self.threads.run(deadline, work))


def assemble(settings: Settings, predictor: Predictor) -> Services:
    """Create the parts and connect them."""
    metrics = Metrics()
    names = ModelNames(settings.models, settings.models_file)
    servables = VersionRegistry(predictor, names)
    most = max(settings.max_batch, settings.max_images)
    consistent = ConsistentPredictor(servables, _batcher(settings, predictor, metrics), most)
    threads = Threads(settings.threads)
    preparation = Preparation(Limits(settings.max_image_bytes, settings.max_image_pixels), threads)
    return Services(
        settings=settings,
        names=names,
        servables=servables,
        classifier=Classifier(consistent, preparation),
        reader=Reader(consistent, preparation, settings.max_marks),
        forwarder=Forwarder(servables, predictor, threads, settings.max_calls),
        readiness=Readiness(predictor, settings),
        metrics=metrics,
        threads=threads,
        preparation=preparation,
        corrections=CorrectionStore(settings) if settings.corrections_dir else None,
    )


def _batcher(settings: Settings, predictor: Predictor, metrics: Metrics) -> Batcher:
    async def send(ref: ModelRef, pictures: Pictures, context: CallContext) -> Reply:
        metrics.batch_size.observe(len(pictures))
        return await predictor.predict(ref, SIGNATURE_PREDICT, {INPUT_IMAGES: normalise(pictures)}, context)

    return Batcher(send, settings)


def services(app: Flask = current_app) -> Services:
    """The parts of an app: of the one that handles the current request, unless another is named."""
    return cast(Services, app.extensions[EXTENSION])
