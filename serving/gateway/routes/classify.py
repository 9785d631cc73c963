"""``:classify``: pictures in, labels out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from flask import Blueprint, Response

from serving.gateway.inference.classification import Classification
from serving.gateway.middleware import request_state as state
from serving.gateway.names import ModelRef, model_ref
from serving.gateway.protocols.options import ClassifyOptions
from serving.gateway.protocols.uploads import Upload
from serving.gateway.routes.pictures import described, json_response, judged, note_version, receive
from serving.gateway.server import bridge
from serving.gateway.services import services

blueprint = Blueprint("classify", __name__)


@blueprint.post("/classify")
def classify_default() -> Response:
    """Classify pictures with the default model."""
    return _classify(None)


@blueprint.post("/v1/models/<word:model>:classify")
def classify(model: str) -> Response:
    """Classify pictures with the newest version of a model."""
    return _classify(model_ref(model))


@blueprint.post("/v1/models/<word:model>/versions/<word:version>:classify")
def classify_version(model: str, version: str) -> Response:
    """Classify pictures with one version of a model."""
    return _classify(model_ref(model, version=version))


@blueprint.post("/v1/models/<word:model>/labels/<word:label>:classify")
def classify_label(model: str, label: str) -> Response:
    """Classify pictures with the version of a model that has a label."""
    return _classify(model_ref(model, label=label))


def _classify(named: ModelRef | None) -> Response:
    current, serving = state.current(), services()
    ref, uploads, options, deadline, size = receive(named)
    context = current.call_context(deadline)
    answer = bridge.wait_for(serving.classifier.classify(ref, uploads, options.fit, context, current.stages))
    note_version(ref, answer.servable)
    serving.metrics.count_answer(answer)
    started = time.perf_counter()
    response = serving.compute(deadline, partial(_respond, uploads, answer, options), size)
    current.stages.encode = time.perf_counter() - started
    return response


def _respond(uploads: Sequence[Upload], answer: Classification, options: ClassifyOptions) -> Response:
    """The response for an answer, which for a single picture may be its error; raises as ``described``."""
    card = answer.servable.card
    predictions = described(
        uploads, answer.results, lambda result: judged(result, card, options, options.top_k)
    )
    model = {"name": answer.servable.name, "version": answer.servable.version}
    return json_response({"model": model, "predictions": predictions})
